// Package readme checks the Markdown pages of the repository: that their Go code compiles, their
// links lead somewhere, and the packages that they name are there. Only its own test uses it.
package readme

import (
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// block is the Go code between two fences, and the line on which it starts.
type block struct {
	line int
	code string
}

// goBlocks returns the blocks that a line of three backticks and "go" opens.
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

func (b block) isProgram() bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", b.code, parser.PackageClauseOnly)
	return err == nil && f.Name.Name == "main"
}

// format returns an error that starts with the line, if the block is neither a Go file nor a list
// of declarations or statements, or not formatted by gofmt.
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
