package readme

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// source makes a Go file of a block that is a part of a program: its declarations as they are, its
// statements in a function. The imports are those of the preamble that it uses. A variable that
// only the rest of the program would use counts as used.
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

// blanks uses each variable that the statements of a file's only function declare.
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
