package provider_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

// docs/providers.md tells of every provider what its code says. What stands above the marker is
// written by hand.
func TestCatalogueIsWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	const path, marker = "../docs/providers.md", "<!-- From here on made by: go test ./provider -run Catalogue " +
		"-update -->\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written, made, ok := strings.Cut(string(page), marker)
	if !ok {
		t.Fatalf("%s has no line %q", path, marker)
	}
	want := catalogue(t)
	if *update {
		made = want
		if err := os.WriteFile(path, []byte(written+marker+made), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if made != want {
		t.Errorf("%s is not what the code says; make it with: go test ./provider -run Catalogue -update", path)
	}
}

// entry is a provider in the catalogue.
type entry struct {
	*oauth.Provider
	constructor string
	doc         *ast.CommentGroup
	options     *ast.TypeSpec // nil for a provider without
}

func catalogue(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	entries := entries(t)
	var links []string
	for _, e := range entries {
		links = append(links, "["+e.constructor+"]", "[`"+e.constructor+"`](#"+anchor(e.heading())+")")
	}
	linked := strings.NewReplacer(links...)
	fmt.Fprintf(&b, "\n## All %d\n\n| Service | Constructor | Environment | E-mail | Read |\n| --- | --- | --- | "+
		"--- | --- |\n", len(
		entries,
	))
	for _, e := range entries {
		fmt.Fprintf(&b, "| [%s](#%s) | `%s` | `%s_…` | %s | %s |\n",
			e.Name, anchor(e.heading()), e.constructor, e.prefix(), worth[e.EmailVerification], e.read())
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\n## %s\n\n", e.heading())
		fmt.Fprintf(&b, "`%s`, callback `/api/auth/callback/%s`, e-mail %s.\n\n", e.call(), e.ID,
			worth[e.EmailVerification])
		linked.WriteString(&b, markdown(e.doc.Text()))
		for _, field := range e.fields() {
			fmt.Fprintf(&b, "\n- `%sOptions.%s`", e.constructor, field)
		}
		if e.options != nil {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// worth is what an e-mail address of a provider is worth, for people.
var worth = map[oauth.EmailVerification]string{
	oauth.EmailVerifiedByClaim: "verified if the service says so",
	oauth.EmailAlwaysVerified:  "verified",
	oauth.EmailNeverVerified:   "unverified",
	oauth.EmailNotGiven:        "none",
}

// entries are the providers of the package, in the order of their names.
func entries(t *testing.T) []entry {
	t.Helper()
	docs, options := declarations(t)
	var entries []entry
	for constructor, group := range docs {
		i := slices.IndexFunc(services, func(s service) bool { return s.name == strings.ToLower(constructor) })
		if i < 0 {
			continue // TestShapeOfAProvider says so
		}
		entries = append(entries, entry{services[i].provider, constructor, group, options[constructor+"Options"]})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return entries
}

// declarations are the comments of the constructors, and the types, by name.
func declarations(t *testing.T) (map[string]*ast.CommentGroup, map[string]*ast.TypeSpec) {
	t.Helper()
	docs, types := map[string]*ast.CommentGroup{}, map[string]*ast.TypeSpec{}
	functions, files, _ := source(t)
	for _, name := range []string{"Env", "OIDC", "OAuth2"} {
		delete(functions, name)
	}
	for _, path := range slices.Sorted(maps.Values(files)) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if functions[d.Name.Name] != nil && d.Recv == nil {
					docs[d.Name.Name] = d.Doc
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						types[s.Name.Name] = s
					}
				}
			}
		}
	}
	return docs, types
}

// heading is the name of the service, with that of the constructor where the two differ by more
// than spaces.
func (e entry) heading() string {
	if strings.EqualFold(letters(e.Name), e.constructor) {
		return e.Name
	}
	return e.Name + " (" + e.constructor + ")"
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-!", r) {
			return -1
		}
		return r
	}, s)
}

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', '0' <= r && r <= '9', 'a' <= r && r <= 'z':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

func (e entry) prefix() string {
	return "AUTH_" + strings.ToUpper(strings.ReplaceAll(e.ID, "-", "_"))
}

func (e entry) call() string {
	if e.options == nil {
		return fmt.Sprintf("provider.%s(provider.Env(%q))", e.constructor, e.prefix())
	}
	return fmt.Sprintf("provider.%s(provider.Env(%q), provider.%sOptions{…})", e.constructor, e.prefix(), e.constructor)
}

// read is the last day on which a page of the vendor's that the comment names was read.
func (e entry) read() string {
	day := ""
	for _, found := range readOn.FindAllStringSubmatch(e.doc.Text(), -1) {
		day = max(day, found[1])
	}
	return cmp.Or(day, "—")
}

var readOn = regexp.MustCompile(`\bread\s+([0-9]{4}-[0-9]{2}-[0-9]{2})\b`)

// fields are the options, each with what its comment says.
func (e entry) fields() []string {
	if e.options == nil {
		return nil
	}
	var fields []string
	for _, f := range e.options.Type.(*ast.StructType).Fields.List {
		comment := f.Doc.Text() + f.Comment.Text()
		for _, name := range f.Names {
			fields = append(fields, name.Name+"`: "+strings.TrimSuffix(strings.Join(strings.Fields(comment), " "), ".")+
				".")
		}
	}
	return fields
}

// markdown is a doc comment. Its links to other constructors are left as they are.
func markdown(comment string) string {
	p := new(doc.Package).Printer()
	p.DocLinkURL = nil
	text := string(p.Markdown(new(doc.Package).Parser().Parse(comment)))
	return strings.ReplaceAll(text, "\\", "")
}

// Each constructor is in the catalogue, and no id is taken twice: the account's row has it.
func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, e := range entries(t) {
		if other, taken := seen[e.ID]; taken {
			t.Errorf("%s and %s have the id %s", other, e.constructor, e.ID)
		}
		seen[e.ID] = e.constructor
	}
	if files, err := filepath.Glob("*.go"); err != nil || len(seen) < len(files)/3 {
		t.Errorf("%d providers in %d files, %v", len(seen), len(files), err)
	}
}
