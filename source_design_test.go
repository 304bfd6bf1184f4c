package cardea_test

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const (
	modulePath  = "github.com/cardea-auth/cardea"
	maxMethods  = 40  // of a type
	maxFileSize = 500 // lines
	maxSymbols  = 47  // that go doc lists for the root package
)

func TestFilesAndTypesStaySmall(t *testing.T) {
	t.Parallel()
	methods := map[string]int{}
	for _, file := range librarySource(t) {
		if file.lines > maxFileSize {
			t.Errorf("%s has %d lines, more than %d: see if it is about two things",
				file.path, file.lines, maxFileSize)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[file.folder()+": "+receiverName(f)]++
			}
		}
	}
	for name, n := range methods {
		if n > maxMethods {
			t.Errorf("type %s has %d methods, more than %d", name, n, maxMethods)
		}
	}
	if n := methods[".: exchange"]; n == 0 {
		t.Error("the methods of exchange were not found, so nothing was counted")
	}
}

// The root treats all ways to sign in alike, through the interfaces definition and method and the
// data of providerInfo. Only definitionOf knows which kinds of provider there are.
func TestOnlyDefinitionOfKnowsTheKindsOfProvider(t *testing.T) {
	t.Parallel()
	kinds := []string{
		"oauth.Provider", "EmailProvider", "CredentialsProvider", // what applications configure
		"oauthDefinition", "oauthMethod", "mailSignIn", "credentialsMethod", // and what becomes of it
	}
	types := []string{"TypeOAuth", "TypeOIDC", "TypeEmail", "TypeCredentials"}
	isKind := func(e ast.Expr) bool { return slices.Contains(kinds, strings.TrimPrefix(exprText(e), "*")) }
	isType := func(e ast.Expr) bool { return slices.Contains(types, exprText(e)) }
	found := false
	for _, file := range librarySource(t) {
		if file.folder() != "." {
			continue
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "definitionOf" {
					found = true
					return false
				}
			case *ast.TypeAssertExpr: // of a type switch it has no type
				if n.Type != nil && isKind(n.Type) {
					t.Errorf("%s: type assertion to a kind of provider", file.position(n))
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, isKind) || slices.ContainsFunc(n.List, isType) {
					t.Errorf("%s: switch on a kind of provider", file.position(n))
				}
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (isType(n.X) || isType(n.Y)) {
					t.Errorf("%s: comparison with a type of provider", file.position(n))
				}
			}
			return true
		})
	}
	if !found {
		t.Error("definitionOf was not found")
	}
}

// exprText is an expression of names, such as *oauth.Provider, and "" for any other.
func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + exprText(e.X)
	case *ast.ParenExpr:
		return exprText(e.X)
	}
	return ""
}

// wholePath are the functions that use the path of a request as a whole: for the log, and for the
// Path attribute of cookies to delete.
var wholePath = []string{"refuseRoute", "aboutRequest", "choose", "clearAll"}

// A path that two functions take apart can mean two things to them. So only findRoute reads it.
func TestOnlyFindRouteReadsThePath(t *testing.T) {
	t.Parallel()
	reads := 0
	for _, file := range librarySource(t) {
		if file.folder() != "." {
			continue
		}
		for _, decl := range file.Decls {
			f, isFunc := decl.(*ast.FuncDecl)
			isFindRoute := isFunc && f.Name.Name == "findRoute"
			ast.Inspect(decl, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				switch {
				case !ok || !readsPath(s) || isFunc && slices.Contains(wholePath, f.Name.Name):
				case isFindRoute:
					reads++
				default:
					t.Errorf("%s: reads the path of the request", file.position(s))
				}
				return true
			})
		}
	}
	if reads != 1 {
		t.Errorf("findRoute reads the path %d times, want once", reads)
	}
}

// readsPath reports whether an expression is a part of a request that contains the path without its
// query. Redirects back to the page that was asked for use RequestURI, as a whole.
func readsPath(s *ast.SelectorExpr) bool {
	switch s.Sel.Name {
	case "Path", "RawPath", "EscapedPath":
		of, ok := s.X.(*ast.SelectorExpr)
		return ok && of.Sel.Name == "URL"
	case "PathValue", "Pattern":
		return isName(s.X, "r") || strings.HasSuffix(exprText(s.X), ".r")
	}
	return false
}

// A reader who knows the RFCs, Auth.js, GORM and Go should have no word to learn. These are words
// that would need explaining, with the ones that need none.
func TestNamesAreTermsOfTheField(t *testing.T) {
	t.Parallel()
	terms := map[string]string{ // a part of a name, in small letters
		"admit":      "signIn",
		"arrival":    "identity",
		"came":       "result",
		"depart":     "redirect",
		"edition":    "version",
		"flight":     "singleflight",
		"flights":    "singleflight",
		"generation": "protocol",
		"lease":      "lock",
		"ledger":     "expiring set",
		"outcome":    "result",
		"patience":   "cooldown",
		"presented":  "sessionCookie",
		"redemption": "codeExchange",
		"settle":     "resolveUser",
		"unproven":   "unverified",
		"wayin":      "credential",
	}
	typeNames := map[string]string{ // a whole name of a type
		"attempt": "flowState",
		"visit":   "exchange",
	}
	for _, file := range librarySource(t) {
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.TypeSpec:
				if better := typeNames[strings.ToLower(n.Name.Name)]; better != "" {
					t.Errorf("%s: type %s: say %s", file.position(n), n.Name.Name, better)
				}
			case *ast.Ident:
				for _, word := range words(n.Name) {
					if better := terms[word]; better != "" {
						t.Errorf("%s: %s: say %s", file.position(n), n.Name, better)
					}
				}
			}
			return true
		})
	}
}

// words are the words of a name in small letters, and each two neighbours as one word.
func words(name string) []string {
	var list []string
	start := 0
	letters := []rune(name)
	for i := 1; i <= len(letters); i++ {
		if i == len(letters) || unicode.IsUpper(letters[i]) && !unicode.IsUpper(letters[i-1]) {
			list = append(list, strings.ToLower(string(letters[start:i])))
			start = i
		}
	}
	for i := range len(list) - 1 {
		list = append(list, list[i]+list[i+1])
	}
	return list
}

func TestTermsAreFoundInNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"visit":        {"visit"},
		"ErrLastWayIn": {"err", "last", "way", "in", "errlast", "lastway", "wayin"},
		"userID":       {"user", "id", "userid"},
	} {
		if got := words(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// design: what the root package exports fits on one screen of go doc.
func TestDocumentationFitsOnOneScreen(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "doc", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	symbols := len(regexp.MustCompile(`(?m)^ {0,4}(func|type|var|const) `).FindAll(out, -1))
	if symbols < 20 || symbols > maxSymbols {
		t.Errorf("go doc lists %d symbols, more than %d: a capability belongs in a package of its own",
			symbols, maxSymbols)
	}
}

// design: the root package has one dependency; package oauth, which authors of providers read, and
// package passwordhash are leaves; and what proves an identity cannot reach stores, cookies and
// pages.
func TestPackagesDependInOneDirection(t *testing.T) {
	t.Parallel()
	graph := importGraph(t)

	for _, name := range graph[modulePath+"/oauth"] {
		switch strings.TrimPrefix(name, modulePath+"/internal/") {
		case "outbound", "jsonvalue", "redact":
		default:
			if inModule(name) {
				t.Errorf("package oauth imports %s", name)
			}
		}
	}
	for _, name := range dependencies(graph, modulePath+"/internal/relyingparty") {
		switch strings.TrimPrefix(name, modulePath+"/internal/") {
		case modulePath, "cookie", "seal", "page":
			t.Errorf("package relyingparty depends on %s", name)
		}
	}
	const jose = "github.com/go-jose/go-jose/v4"
	usesJOSE := false
	for _, name := range dependencies(graph, modulePath) {
		switch host, _, _ := strings.Cut(name, "/"); {
		case name == jose || strings.HasPrefix(name, jose+"/"):
			usesJOSE = true
		case name == "golang.org/x/text/unicode/norm" || name == "golang.org/x/text/transform":
		case strings.Contains(host, ".") && !inModule(name):
			t.Errorf("the root depends on %s", name)
		case strings.HasPrefix(name, modulePath+"/adapter/"), name == modulePath+"/memadapter",
			name == modulePath+"/adaptertest", name == modulePath+"/cardeatest", name == modulePath+"/provider":
			t.Errorf("the root depends on %s", name)
		}
	}
	hashing := dependencies(graph, modulePath+"/passwordhash")
	if !slices.Contains(hashing, "golang.org/x/crypto/argon2") {
		t.Error("package passwordhash does not use Argon2, so its dependencies were not found")
	}
	for _, name := range hashing {
		host, _, _ := strings.Cut(name, "/")
		if strings.Contains(host, ".") && !inModule(name) && !strings.HasPrefix(name, "golang.org/x/") ||
			name == modulePath {
			t.Errorf("package passwordhash depends on %s", name)
		}
	}
	if !usesJOSE {
		t.Errorf("the root does not depend on %s, so its dependencies were not found", jose)
	}
}

// importGraph is what each package of this repository imports.
func importGraph(t *testing.T) map[string][]string {
	t.Helper()
	graph := map[string][]string{}
	for _, file := range librarySource(t) {
		pkg := path.Join(modulePath, file.folder())
		for _, spec := range file.Imports {
			graph[pkg] = append(graph[pkg], importPath(spec))
		}
	}
	return graph
}

// dependencies are the packages that a package imports, and those that these import.
func dependencies(graph map[string][]string, pkg string) []string {
	found := map[string]bool{}
	next := graph[pkg]
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if !found[name] {
			found[name] = true
			next = append(next, graph[name]...)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func inModule(name string) bool { return name == modulePath || strings.HasPrefix(name, modulePath+"/") }

// A decision is quoted by its number, so each number is given once.
func TestDecisionsHaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	headings := regexp.MustCompile(`(?m)^### (\d+)\. `).FindAllStringSubmatch(string(text), -1)
	if len(headings) < 100 {
		t.Fatalf("found %d decisions only", len(headings))
	}
	seen := map[string]bool{}
	for _, h := range headings {
		if seen[h[1]] {
			t.Errorf("two decisions have the number %s", h[1])
		}
		seen[h[1]] = true
	}
}
