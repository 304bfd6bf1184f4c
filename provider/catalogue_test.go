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
	"unicode/utf8"

	"github.com/cardea-auth/cardea/oauth"
)

// The part of docs/providers.md after the marker is generated from the comments and literals of
// this package. The part before it is written by hand.
func TestCatalogueMatchesTheCode(t *testing.T) {
	t.Parallel()
	const path = "../docs/providers.md"
	const marker = "<!-- Generated from here on by: go test ./provider -run Catalogue -update -->\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written, generated, ok := strings.Cut(string(page), marker)
	if !ok {
		t.Fatalf("%s has no line %q", path, marker)
	}
	want := catalogue(t)
	if *update {
		generated = want
		if err := os.WriteFile(path, []byte(written+marker+want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if generated != want {
		t.Errorf("%s differs from the code; update it with: go test ./provider -run Catalogue -update", path)
	}
}

// entry is a provider in the catalogue.
type entry struct {
	*oauth.Provider
	constructor string
	doc         *ast.CommentGroup
	options     *ast.TypeSpec // nil for a provider without options
}

// catalogue returns the generated part of the page.
func catalogue(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	entries := entries(t)
	var links []string
	for _, e := range entries {
		links = append(links, "["+e.constructor+"]", "[`"+e.constructor+"`](#"+anchor(e.heading())+")")
	}
	linked := strings.NewReplacer(links...)
	fmt.Fprintf(&b, "\n## All %d\n\n", len(entries))
	b.WriteString("| Service | Constructor | Environment | E-mail | Read |\n| --- | --- | --- | --- | --- |\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "| [%s](#%s) | `%s` | `%s_…` | %s | %s |\n",
			e.Name, anchor(e.heading()), e.constructor, e.prefix(), emailColumn[e.EmailVerification], e.read())
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\n## %s\n\n", e.heading())
		address := "e-mail " + emailColumn[e.EmailVerification]
		if e.EmailVerification == oauth.EmailNotGiven {
			address = "no e-mail address"
		}
		b.WriteString(wrap("", fmt.Sprintf("`%s`, callback `/api/auth/callback/%s`, %s.", e.call(), e.ID, address)))
		b.WriteString("\n" + markdown(e.doc.Text(), linked))
		for i, field := range e.fields() {
			if i == 0 {
				b.WriteByte('\n')
			}
			b.WriteString(wrap("- ", linked.Replace(field)))
		}
	}
	return b.String()
}

// emailColumn says for each EmailVerification whether the provider's e-mail addresses are verified.
var emailColumn = map[oauth.EmailVerification]string{
	oauth.EmailVerifiedByClaim: "verified if the service says so",
	oauth.EmailAlwaysVerified:  "verified",
	oauth.EmailNeverVerified:   "unverified",
	oauth.EmailNotGiven:        "none",
}

// entries returns the providers of the package, sorted by name.
func entries(t *testing.T) []entry {
	t.Helper()
	docs, options := declarations(t)
	var entries []entry
	for constructor, group := range docs {
		i := slices.IndexFunc(services, func(s service) bool { return s.name == strings.ToLower(constructor) })
		if i < 0 {
			continue // TestShapeOfAProvider reports it
		}
		entries = append(entries, entry{services[i].provider, constructor, group, options[constructor+"Options"]})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return entries
}

// declarations returns the comments of the constructors and the types of the package, by name.
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

// heading returns the name of the service. If the name of the constructor differs by more than
// punctuation and case, it is added in parentheses.
func (e entry) heading() string {
	if strings.EqualFold(letters(e.Name), e.constructor) {
		return e.Name
	}
	return e.Name + " (" + e.constructor + ")"
}

// letters returns s without spaces and punctuation.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-!", r) {
			return -1
		}
		return r
	}, s)
}

// anchor returns the anchor that GitHub creates for a heading.
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

// prefix returns the prefix of the environment variables.
func (e entry) prefix() string {
	return "AUTH_" + strings.ToUpper(strings.ReplaceAll(e.ID, "-", "_"))
}

// call returns the Go expression that makes the provider.
func (e entry) call() string {
	if e.options == nil {
		return fmt.Sprintf("provider.%s(provider.Env(%q))", e.constructor, e.prefix())
	}
	options := "{…}"
	if !slices.ContainsFunc(e.fields(), func(field string) bool { return !strings.Contains(field, "efaults to") }) {
		options = "{}" // none must be set
	}
	return fmt.Sprintf("provider.%s(provider.Env(%q), provider.%sOptions%s)",
		e.constructor, e.prefix(), e.constructor, options)
}

// read returns the last day on which a page that the comment names was read, or a dash.
func (e entry) read() string {
	day := ""
	for _, found := range readOn.FindAllStringSubmatch(e.doc.Text(), -1) {
		day = max(day, found[1])
	}
	return cmp.Or(day, "—")
}

var readOn = regexp.MustCompile(`\bread\s+([0-9]{4}-[0-9]{2}-[0-9]{2})\b`)

// fields returns a line for each option: its name and its comment.
func (e entry) fields() []string {
	if e.options == nil {
		return nil
	}
	var fields []string
	for _, f := range e.options.Type.(*ast.StructType).Fields.List {
		comment := strings.Join(strings.Fields(f.Doc.Text()+f.Comment.Text()), " ")
		for _, name := range f.Names {
			text := strings.TrimPrefix(strings.TrimPrefix(comment, name.Name+" is "), name.Name+" are ")
			fields = append(fields, fmt.Sprintf("`%sOptions.%s`: %s.", e.constructor, name.Name,
				strings.TrimSuffix(text, ".")))
		}
	}
	return fields
}

// markdown returns a doc comment as Markdown, with the links to other constructors replaced.
func markdown(comment string, links *strings.Replacer) string {
	p := new(doc.Package).Printer()
	p.DocLinkURL = nil
	text := string(p.Markdown(new(doc.Package).Parser().Parse(comment)))
	text = links.Replace(plainLink.ReplaceAllString(strings.ReplaceAll(text, "\\", ""), "<$1>"))
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "\t") || line == "\n" { // code, or between paragraphs
			b.WriteString(line)
		} else {
			b.WriteString(wrap("", line))
		}
	}
	return b.String()
}

// plainLink matches a link whose text is its URL.
var plainLink = regexp.MustCompile(`\[https?://[^]]*\]\((https?://[^)]*)\)`)

// wrap breaks a paragraph into lines of at most 100 characters. The first line begins with the
// bullet, the others are indented as far.
func wrap(bullet, text string) string {
	const width = 100
	var b strings.Builder
	line, start := bullet, true
	for word := range strings.FieldsSeq(text) {
		if !start && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line, start = strings.Repeat(" ", len(bullet)), true
		}
		if !start {
			line += " "
		}
		line, start = line+word, false
	}
	return b.String() + line + "\n"
}

// Every constructor is in the catalogue, and no two providers have the same ID, because the rows of
// accounts contain it.
func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, e := range entries(t) {
		if other, taken := seen[e.ID]; taken {
			t.Errorf("%s and %s both have the ID %s", other, e.constructor, e.ID)
		}
		seen[e.ID] = e.constructor
	}
	if files, err := filepath.Glob("*.go"); err != nil || len(seen) < len(files)/3 {
		t.Errorf("%d providers in %d files, %v", len(seen), len(files), err)
	}
}
