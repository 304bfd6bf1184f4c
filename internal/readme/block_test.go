package readme

import (
	"slices"
	"testing"
)

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
