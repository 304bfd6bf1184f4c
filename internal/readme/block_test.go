package readme

import (
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// block is the content of a fenced code block of Go.
type block struct {
	line int // the number of the first line of code on the page
	code string
}

// goBlocks returns the code blocks of a page whose language is go.
func goBlocks(text string) ([]block, error) {
	var blocks []block
	open, isGo := 0, false
	var code strings.Builder
	number := 0
	for line := range strings.Lines(text) {
		number++
		mark, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == 0:
			language, _, _ := strings.Cut(mark, " ")
			open, isGo = number, language == "go"
			code.Reset()
		case fence:
			if isGo {
				blocks = append(blocks, block{line: open + 1, code: code.String()})
			}
			open = 0
		case open > 0:
			code.WriteString(line)
		}
	}
	if open > 0 {
		return nil, fmt.Errorf("%d: the block that opens here has no end", open)
	}
	return blocks, nil
}

// isProgram reports whether a block is a file of package main.
func (b block) isProgram() bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", b.code, parser.PackageClauseOnly)
	return err == nil && f.Name.Name == "main"
}

// format returns an error, which begins with the number of the line, if a block is not a Go file,
// declarations or statements, or if it is not formatted by gofmt.
func (b block) format() error {
	formatted, err := format.Source([]byte(b.code))
	if list, ok := errors.AsType[scanner.ErrorList](err); ok && len(list) > 0 {
		return fmt.Errorf("%d: %s", b.line+list[0].Pos.Line-1, list[0].Msg)
	}
	if err != nil {
		return fmt.Errorf("%d: %w", b.line, err)
	}
	want := strings.SplitAfter(string(formatted), "\n")
	for i, got := range strings.SplitAfter(b.code, "\n") {
		if i >= len(want) || got != want[i] {
			return fmt.Errorf("%d: not formatted by gofmt: %q", b.line+i, got)
		}
	}
	return nil
}

func TestGoBlocks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		text string
		want []block
	}{
		{"only Go", "a\n```sh\nls\n```\n```go\nx := 1\n\ny := 2\n```\n", []block{{6, "x := 1\n\ny := 2\n"}}},
		{"in the order of the page", "```go\na()\n```\n\n```go\nb()\n```\n", []block{{2, "a()\n"}, {6, "b()\n"}}},
		{"in a list item, indented as it is", "- so:\n  ```go\n  a()\n  ```\n", []block{{3, "  a()\n"}}},
		{"with words after the language", "```go title=\"main.go\"\na()\n```\n", []block{{2, "a()\n"}}},
		{"not go.mod", "```go.mod\ngo 1.26\n```\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := goBlocks(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestGoBlocksWithoutEnd(t *testing.T) {
	t.Parallel()
	_, err := goBlocks("```sh\nls\n```\n```go\na()\n")
	if want := "4: the block that opens here has no end"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		code string
		want string // the error of a block that starts on line 10; "" for none
	}{
		{"a file", "package main\n\nfunc main() {}\n", ""},
		{"declarations", "type User struct {\n\tRole string\n}\n\nvar x = 1\n", ""},
		{"statements", "x := f()\nif x {\n\tg()\n}\n", ""},
		{"no Go", "x := 1\ny = = 2\n", "11: expected operand, found '='"},
		{"an ellipsis stands in a comment or nowhere", "x := f()\n...\n", "11: expected statement, found '...'"},
		{"spaces for a tab", "if x {\n  g()\n}\n", `11: not formatted by gofmt: "  g()\n"`},
		{"unaligned comments", "var (\n\ta = 1 // one\n\tbc = 2 // two\n)\n",
			`11: not formatted by gofmt: "\ta = 1 // one\n"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := (block{line: 10, code: tt.code}).format(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
