package cardea_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Everything that pkg.go.dev shows has a comment: exported types, functions, methods, constants,
// variables, the exported fields of exported structs, and the methods of exported interfaces. In
// internal packages the exported types and functions have one. A comment stands above, or behind on
// the same line.
func TestEverythingExportedHasAComment(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, file := range librarySource(t) {
		if file.Name.Name == "main" {
			continue
		}
		c := commentCheck{internal: strings.Contains("/"+file.path, "/internal/")}
		for _, decl := range file.Decls {
			c.decl(decl)
		}
		seen += c.seen
		for _, m := range c.missing {
			t.Errorf("%s: %s has no comment", file.position(m.node), m.name)
		}
	}
	if seen < 700 {
		t.Errorf("only %d exported names found, so not everything was checked", seen)
	}
}

// commentCheck collects the exported names of one file that have no comment.
type commentCheck struct {
	internal bool
	seen     int
	missing  []uncommented
}

type uncommented struct {
	node ast.Node
	name string
}

func (c *commentCheck) need(node ast.Node, name string, comments ...*ast.CommentGroup) {
	c.seen++
	for _, comment := range comments {
		if strings.TrimSpace(comment.Text()) != "" {
			return
		}
	}
	c.missing = append(c.missing, uncommented{node, name})
}

func (c *commentCheck) decl(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		c.function(d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			// The comment of a group does not explain its entries, but for constants with a text of
			// several words as value.
			doc := d.Doc
			if d.Lparen.IsValid() && !explainsItself(spec) {
				doc = nil
			}
			switch s := spec.(type) {
			case *ast.TypeSpec:
				c.typeSpec(s, doc)
			case *ast.ValueSpec:
				c.values(s, doc)
			}
		}
	}
}

func explainsItself(spec ast.Spec) bool {
	s, ok := spec.(*ast.ValueSpec)
	if !ok || len(s.Values) != 1 {
		return false
	}
	value, ok := s.Values[0].(*ast.BasicLit)
	return ok && value.Kind == token.STRING && strings.Contains(value.Value, " ")
}

func (c *commentCheck) function(d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		receiver := receiverName(d)
		if c.internal || !ast.IsExported(receiver) {
			return
		}
		name = receiver + "." + name
	}
	if d.Name.IsExported() {
		c.need(d, name, d.Doc)
	}
}

func (c *commentCheck) typeSpec(s *ast.TypeSpec, doc *ast.CommentGroup) {
	if !s.Name.IsExported() {
		return
	}
	c.need(s, s.Name.Name, s.Doc, s.Comment, doc)
	if !c.internal {
		c.members(s.Name.Name, s.Type)
	}
}

// values checks constants and variables. In internal packages these are often lists of names that
// the RFCs define.
func (c *commentCheck) values(s *ast.ValueSpec, doc *ast.CommentGroup) {
	for _, name := range s.Names {
		if name.IsExported() && !c.internal {
			c.need(name, name.Name, s.Doc, s.Comment, doc)
		}
	}
}

// members checks the fields of a struct, the methods of an interface, and those of every struct and
// interface that is written inside.
func (c *commentCheck) members(of string, typ ast.Expr) {
	ast.Inspect(typ, func(n ast.Node) bool {
		var list *ast.FieldList
		switch n := n.(type) {
		case *ast.StructType:
			list = n.Fields
		case *ast.InterfaceType:
			list = n.Methods
		case *ast.FuncType:
			return false // names of parameters
		default:
			return true
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				if name.IsExported() {
					c.need(field, fmt.Sprintf("%s.%s", of, name.Name), field.Doc, field.Comment)
				}
			}
		}
		return true
	})
}

// receiverName is the type to which a method belongs, "" for a function.
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// What people copy from the documentation, the comments and the examples gives new users no rights.
func TestNoExampleGivesNewUsersRights(t *testing.T) {
	t.Parallel()
	rights := regexp.MustCompile(`(?i)default:\s*'?(admin|root|owner|staff|super|manager|moderator)`)
	read := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		switch {
		case entry.IsDir() && (name == "testdata" || name == "node_modules" ||
			path != "." && strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case entry.IsDir() || name == "CHANGELOG.md",
			strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "example"),
			filepath.Ext(name) != ".go" && filepath.Ext(name) != ".md":
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for i, line := range strings.Split(string(content), "\n") {
			if found := rights.FindString(line); found != "" {
				t.Errorf("%s:%d: %s", path, i+1, found)
			}
		}
		return nil
	})
	if err != nil || read < 300 {
		t.Fatalf("%d files read, %v", read, err)
	}
}
