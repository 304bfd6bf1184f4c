package cardea_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/translation"
)

var (
	textCall  = regexp.MustCompile(`(?:\.Text\(|\.Count\(|WayText\(t, |\.Say |\.Spans |\.Parts\()"([a-z0-9_.]+)"`)
	plural    = regexp.MustCompile(`\.(zero|one|two|few|many|other)$`)
	action    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	twoLetter = regexp.MustCompile(`[A-Za-z]{2,}`)
)

// computedKeys begin the keys of texts that no literal names as a whole.
var computedKeys = []string{
	"date.month.", "mail.account.", "mail.address.", "mail.password.", "mail.factor.", "signin.with.", "again.with.",
	"invalidcheck.", "accessdenied.", "ratelimited.", "emailsignin.", "wrongcode.", "unknownprovider.",
	"credentialssignin.", "sessionrequired.", "missingcsrf.", // codes
}

// Every text that the code names exists, and every text is used.
func TestTextsExistAndAreUsed(t *testing.T) {
	t.Parallel()
	unused := map[string]bool{}
	for key := range translation.Texts("en") {
		unused[plural.ReplaceAllString(key, "")] = true
	}
	known := len(unused)
	var source strings.Builder
	for _, file := range librarySource(t) {
		content, err := os.ReadFile(file.path)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	for _, name := range pageTemplates(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	text := source.String()
	calls := textCall.FindAllStringSubmatch(text, -1)
	for _, call := range calls {
		if key := call[1]; !unused[key] && !strings.HasSuffix(key, ".") {
			t.Errorf("there is no text %q", key)
		}
	}
	if len(calls) < known/2 {
		t.Errorf("%d calls were found for %d texts", len(calls), known)
	}
	for key := range unused {
		computed := slices.ContainsFunc(computedKeys, func(p string) bool { return strings.HasPrefix(key, p) })
		if !computed && !strings.Contains(text, `"`+key+`"`) {
			t.Errorf("the text %q is used nowhere", key)
		}
	}
}

// pageTemplates returns the names of the templates of pages and mails.
func pageTemplates(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("internal/page/template/*.html")
	if err != nil || len(names) < 8 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	return append(names, "email/mail.html")
}

// What people read is no part of a template.
func TestTemplatesHaveNoTexts(t *testing.T) {
	t.Parallel()
	for _, name := range pageTemplates(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := tag.ReplaceAllString(action.ReplaceAllString(string(content), ""), "")
		if found := twoLetter.FindAllString(text, -1); len(found) > 0 {
			t.Errorf("%s has the words %q", name, found)
		}
	}
}

// shown are the fields of pages, forms and sections that people read.
var shown = []string{"Title", "Error", "Text", "Label", "Placeholder", "Button"}

// What people read is no literal in the packages that have pages.
func TestPagesAreWrittenWithoutLiterals(t *testing.T) {
	t.Parallel()
	fields := 0
	for _, file := range librarySource(t) {
		if !slices.Contains([]string{".", "account", "factor", "password"}, file.folder()) {
			continue
		}
		check := func(name string, value ast.Expr) {
			if !slices.Contains(shown, name) {
				return
			}
			fields++
			ast.Inspect(value, func(n ast.Node) bool {
				if _, isCall := n.(*ast.CallExpr); isCall { // such as t.Text with a key
					return false
				}
				if s, ok := n.(*ast.BasicLit); ok && twoLetter.MatchString(s.Value) {
					t.Errorf("%s: the text %s is no text of package translation", file.position(s), s.Value)
				}
				return true
			})
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				check(exprText(n.Key), n.Value)
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && i < len(n.Rhs) {
						check(s.Sel.Name, n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	if fields < 60 {
		t.Errorf("only %d fields of pages were found", fields)
	}
}
