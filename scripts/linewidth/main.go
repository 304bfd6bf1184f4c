// Command linewidth fails if a line of a Go or Markdown file is too wide, and prints
// file:line for each such line. It checks the directories named on the command line, or the
// working directory, but not .git, node_modules and testdata/fuzz.
//
//	go run ./scripts/linewidth [directory...]
//
// Width is counted in characters, a tab as four. The limits are
//
//   - 100 for a line of a Go file that holds a comment alone,
//   - 120 for every other line of a Go file, and for indented code in a doc comment,
//   - 100 for a line of Markdown,
//   - 120 for a line of a code block in Markdown.
//
// Lines that cannot be broken may be wider:
//
//   - a comment or Markdown line of one word, such as a URL. A bullet and a code span do not
//     count as words of their own;
//   - a link definition: [name]: URL;
//   - a Go line that fits without its longest string, if that string takes more than half of the
//     line's limit and is a raw string (a struct tag, for example), an SVG path, or has no space;
//   - a Go line that starts inside a raw string;
//   - a Go directive such as //go:build;
//   - the output that an example expects, after "// Output:";
//   - a Markdown line that starts with HTML, with an image that is a link, or with | for a table.
//
// Generated Go files are not checked: those with a line "// Code generated … DO NOT EDIT."
package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	proseLimit = 100
	codeLimit  = 120
	tabWidth   = 4
)

// wideLine is a line that is wider than its limit.
type wideLine struct {
	number, width, limit int
}

func main() {
	directories := os.Args[1:]
	if len(directories) == 0 {
		directories = []string{"."}
	}
	count := 0
	for _, directory := range directories {
		n, err := checkDirectory(directory, os.Stdout)
		if err != nil {
			fmt.Fprintf(os.Stderr, "linewidth: %v\n", err)
			os.Exit(2)
		}
		count += n
	}
	if count > 0 {
		fmt.Printf("%d lines are too wide\n", count)
		os.Exit(1)
	}
}

// checkDirectory writes the wide lines of all files below directory to out and returns how many
// there are.
func checkDirectory(directory string, out io.Writer) (count int, err error) {
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isSkipped(path):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		lines, err := checkFile(path)
		for _, line := range lines {
			fmt.Fprintf(out, "%s:%d: %d columns, want %d at most\n", path, line.number, line.width, line.limit)
		}
		count += len(lines)
		return err
	})
	return count, err
}

func isSkipped(directory string) bool {
	switch filepath.Base(directory) {
	case ".git", "node_modules":
		return true
	case "fuzz":
		return filepath.Base(filepath.Dir(directory)) == "testdata"
	}
	return false
}

func checkFile(path string) ([]wideLine, error) {
	check := map[string]func(string) []wideLine{".go": checkGo, ".md": checkMarkdown}[filepath.Ext(path)]
	if check == nil {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	return check(string(content)), err
}

func width(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}
