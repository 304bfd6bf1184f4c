package cardea_test

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/redact"
)

// harmless are the fields that look like secrets and are none, each with the reason.
var harmless = map[string]string{
	"authjs.Config.CookieDomain":               "a setting that every browser sees",
	"authjs.Config.CookieName":                 "the same",
	"cardea.Config.CookiePrefix":               "the same",
	"cardea.SessionConfig.CookieDomain":        "the same",
	"cardea.Account.SessionState":              "a salted hash for frames (OpenID Connect Session Management § 2)",
	"gormadapter.AccountOf.SessionState":       "the same",
	"gormadapter.AuthenticatorOf.CredentialID": "every browser gets it (WebAuthn § 5.8.3)",
	"cardea.Authenticator.CredentialID":        "the same",
	"cardea.Authenticator.CredentialPublicKey": "a public key",
	"cardea.CredentialsProvider.Messages":      "texts for visitors",
	"credentials.Options.Messages":             "the same",
	"feature.Way.Messages":                     "the same",
	"credentials.Options.Password":             "functions, and the hash of no password",
	"cardea.Error.Code":                        "visitors see it",
	"cardea.SessionView.Update":                "what the browser sent; the methods write only its length",
	"cardea.TokenChange.Update":                "the same",
	"cardeatest.Registration.Key":              "a public key",
	"oauth.Provider.ClientKey":                 "the type has the methods, and its only secret the tag",
	"oauth.Provider.Token":                     "the same",
	"oauth.Provider.AssertionAudience":         "a public name of the server",
	"oauth.Provider.AuthorizationFragment":     "in the visitor's address bar",
	"oauth.Provider.AuthorizationParams":       "the same",
	"oauth.Provider.AuthorizationURL":          "the URL of an endpoint",
	"oauth.Provider.PushedAuthorizationURL":    "the same",
	"oauth.Provider.TokenURL":                  "the same",
	"oauth.TokenRules.Names":                   "names of parameters",
	"provider.Endpoints.Authorization":         "the URL of an endpoint",
	"provider.Endpoints.Token":                 "the same",
	"gormadapter.Adapter.tokens":               "statements; what hides the connection is embedded",
	"sqlite.Dialector.db":                      "a file has no password",
}

// secretTypes are types whose values are secrets or usually contain some.
var secretTypes = []string{
	"http.Header", "url.Values", "[]byte", "json.RawMessage", "map[string]string", "*tls.Config", "*tls.Certificate",
	"tls.Certificate", "crypto.Signer", "crypto.PrivateKey", "*ecdsa.PrivateKey", "*rsa.PrivateKey",
	"ed25519.PrivateKey", "*http.Cookie", "[]*http.Cookie", "*sql.DB", "gorm.Dialector",
}

// looksSecret reports whether a field is probably a secret.
func looksSecret(name, kind string) bool {
	return kind != "bool" && !strings.HasPrefix(kind, "func(") && kind != "time.Time" && kind != "time.Duration" &&
		(redact.IsName(name) || slices.Contains(secretTypes, kind) || endsIn(name, "key", "keys", "code", "codes",
			"link", "nonce", "hash", "salt", "state", "proof", "headers"))
}

func endsIn(name string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(strings.ToLower(name), e) })
}

// What a program logs whole must not contain what signs somebody in. A field that looks like a
// secret has the tag json:"-", and its type has the methods by which package fmt and loggers leave
// it out.
func TestSecretsOfExportedTypesAreHidden(t *testing.T) {
	t.Parallel()
	files := librarySource(t)
	methods, found := methodsOfTypes(files), 0
	unused := map[string]bool{}
	for name := range harmless {
		unused[name] = true
	}
	for _, file := range files {
		if strings.Contains("/"+file.path, "/internal/") {
			continue
		}
		eachExportedField(file, func(of, name string, f *ast.Field) {
			field, kind := of+"."+name, types.ExprString(f.Type)
			if !looksSecret(name, kind) {
				return
			}
			found++
			if unused[field] {
				delete(unused, field)
				return
			}
			if ast.IsExported(name) && jsonTag(f) != "-" {
				t.Errorf("%s: %s %s has no tag json:\"-\"", file.position(f), field, kind)
			}
			for _, m := range []string{"Format", "LogValue"} {
				// an entity has no methods: see the next test
				if file.path != entityFile && !slices.Contains(methods[of], m) {
					t.Errorf("%s: %s %s, whose type has no method %s", file.position(f), field, kind, m)
				}
			}
		})
	}
	for name := range unused {
		t.Errorf("harmless lists %s, which does not look like a secret or does not exist", name)
	}
	if found < 40 {
		t.Errorf("only %d fields look like secrets", found)
	}
}

// entityFile has the default entities of package gormadapter, which applications embed.
const entityFile = "adapter/gormadapter/entity.go"

// An application's type that embeds an entity would have its methods, which know nothing of the
// application's fields.
func TestEntitiesPrintAsTheyAre(t *testing.T) {
	t.Parallel()
	methods := methodsOfTypes(librarySource(t))
	for _, name := range []string{
		"User", "SessionOf", "AccountOf", "VerificationToken", "AuthenticatorOf", "PasswordOf",
	} {
		if got := methods["gormadapter."+name]; !slices.Equal(got, []string{"TableName"}) {
			t.Errorf("%s has the methods %v", name, got)
		}
	}
}

func jsonTag(f *ast.Field) string {
	if f.Tag == nil {
		return ""
	}
	text, _ := strconv.Unquote(f.Tag.Value)
	return reflect.StructTag(text).Get("json")
}

// eachExportedField calls do with each named field of each exported struct type of a file, such as
// cardea.Account.
func eachExportedField(file sourceFile, do func(of, name string, f *ast.Field)) {
	ast.Inspect(file.File, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := t.Type.(*ast.StructType); ok && t.Name.IsExported() {
			for _, f := range s.Fields.List {
				for _, id := range f.Names {
					do(file.Name.Name+"."+t.Name.Name, id.Name, f)
				}
			}
		}
		return false
	})
}

// methodsOfTypes returns the names of the methods of each type outside of internal folders.
func methodsOfTypes(files []sourceFile) map[string][]string {
	methods := map[string][]string{}
	for _, file := range files {
		if strings.Contains("/"+file.path, "/internal/") {
			continue
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			of := strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*")
			of, _, _ = strings.Cut(of, "[")
			methods[file.Name.Name+"."+of] = append(methods[file.Name.Name+"."+of], f.Name.Name)
		}
	}
	return methods
}
