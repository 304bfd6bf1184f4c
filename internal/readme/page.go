package readme

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

var (
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	code     = regexp.MustCompile("`[^`]*`")
	goTool   = regexp.MustCompile(`\bgo (?:run|test|build|vet|install) (?:-\S+ )*(\./[A-Za-z0-9_./-]+|github\.com/cardea-auth/cardea[A-Za-z0-9_./-]*)`)
	heading  = regexp.MustCompile(`^#{1,6} +(.*)$`)
	markdown = regexp.MustCompile("[`*]|\\[([^]]*)\\]\\([^)]*\\)")
)

// prose visits the lines of a page outside of its fenced blocks, and their numbers.
func prose(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		fenced, number := false, 0
		for line := range strings.Lines(text) {
			number++
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
				continue
			}
			if !fenced && !yield(number, strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

// anchors are the names of a page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, line := range prose(text) {
		if m := heading.FindStringSubmatch(line); m != nil {
			name := anchor(m[1])
			for n := 1; found[name]; n++ {
				name = fmt.Sprintf("%s-%d", anchor(m[1]), n)
			}
			found[name] = true
		}
	}
	return found
}

func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, markdown.ReplaceAllString(heading, "$1"))
}

// deadLinks returns what is wrong with the links of a page to files of the repository and to
// headings in them, each beginning with its line.
func deadLinks(name, text string) []error {
	var dead []error
	for number, line := range prose(text) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
			if err := follow(name, text, m[1]); err != nil {
				dead = append(dead, fmt.Errorf("%d: %s: %w", number, m[1], err))
			}
		}
	}
	return dead
}

func follow(from, text, target string) error {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return nil // other sites come and go
	}
	path, fragment, has := strings.Cut(target, "#")
	if path != "" {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(from), path))
		if info, dirErr := os.Stat(filepath.Join(filepath.Dir(from), path)); dirErr == nil && info.IsDir() {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("no such file")
		}
		text = string(data)
	}
	if has && !anchors(text)[fragment] {
		return fmt.Errorf("no such heading")
	}
	return nil
}

// missingPackages returns the packages that a page has its reader give to the go command, and that
// are not there: as paths from the repository's root, from one of dirs, or by their import path.
func missingPackages(text string, root string, dirs ...string) []error {
	const module = "github.com/cardea-auth/cardea"
	var missing []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, m := range goTool.FindAllStringSubmatch(line, -1) {
			pkg := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(m[1], "..."), "."), "/")
			if path, ok := strings.CutPrefix(pkg, module); ok {
				pkg = "." + path
			}
			if !isPackage(root, pkg, dirs) {
				missing = append(missing, fmt.Errorf("%d: %s: no such package", number, m[1]))
			}
		}
	}
	return missing
}

func isPackage(root, pkg string, dirs []string) bool {
	for _, dir := range append([]string{"."}, dirs...) {
		path := filepath.Join(root, dir, pkg)
		if files, _ := filepath.Glob(filepath.Join(path, "*.go")); len(files) > 0 {
			return true
		}
	}
	return false
}
