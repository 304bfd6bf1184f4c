package readme

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// source returns a Go file that contains a block, which is a part of a program. Declarations stay
// as they are, and statements are put into a function. The file has those of the imports that the
// block uses. Variables that the block declares count as used.
func (b block) source(name string, imports []*ast.ImportSpec) (string, error) {
	const head = "package main\n"
	code := fmt.Sprintf("//line %s:%d\n%s", name, b.line, b.code)
	file, err := parser.ParseFile(token.NewFileSet(), "", head+code, parser.SkipObjectResolution)
	if err != nil {
		code = fmt.Sprintf("func _() {\n%s}\n", code)
		if file, err = parser.ParseFile(token.NewFileSet(), "", head+code, parser.SkipObjectResolution); err != nil {
			return "", fmt.Errorf("%d: %w", b.line, err)
		}
		code = strings.TrimSuffix(code, "}\n") + blanks(file) + "}\n"
	}
	return head + importsOf(file, imports) + code, nil
}

// importsOf returns those of the imports that a file uses.
func importsOf(file *ast.File, imports []*ast.ImportSpec) string {
	var used []string
	for node := range ast.Preorder(file) {
		s, ok := node.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		if x, ok := s.X.(*ast.Ident); ok {
			used = append(used, x.Name)
		}
	}
	var list strings.Builder
	for _, i := range imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		if slices.Contains(used, name) {
			fmt.Fprintf(&list, "import %s %q\n", name, path)
		}
	}
	return list.String()
}

// blanks returns statements that use the variables that a file's only function declares.
func blanks(file *ast.File) string {
	var list strings.Builder
	for _, statement := range file.Decls[0].(*ast.FuncDecl).Body.List {
		assign, ok := statement.(*ast.AssignStmt)
		if !ok || assign.Tok != token.DEFINE {
			continue
		}
		for _, left := range assign.Lhs {
			if name, ok := left.(*ast.Ident); ok && name.Name != "_" {
				fmt.Fprintf(&list, "_ = %s\n", name.Name)
			}
		}
	}
	return list.String()
}
