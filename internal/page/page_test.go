package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The paths are from simple-icons 16.37.0 (CC0-1.0).
const (
	githubLogo = "M12 .297c-6.63 0-12 5.373-12 12 0 5.303 3.438 9.8 8.205 11.385.6.113.82-.258.82-.577 0-.285-.01-1.04-.015-2.04-3.338.724-4.042-1.61-4.042-1.61C4.422 18.07 3.633 17.7 3.633 17.7c-1.087-.744.084-.729.084-.729 1.205.084 1.838 1.236 1.838 1.236 1.07 1.835 2.809 1.305 3.495.998.108-.776.417-1.305.76-1.605-2.665-.3-5.466-1.332-5.466-5.93 0-1.31.465-2.38 1.235-3.22-.135-.303-.54-1.523.105-3.176 0 0 1.005-.322 3.3 1.23.96-.267 1.98-.399 3-.405 1.02.006 2.04.138 3 .405 2.28-1.552 3.285-1.23 3.285-1.23.645 1.653.24 2.873.12 3.176.765.84 1.23 1.91 1.23 3.22 0 4.61-2.805 5.625-5.475 5.92.42.36.81 1.096.81 2.22 0 1.606-.015 2.896-.015 3.286 0 .315.21.69.825.57C20.565 22.092 24 17.592 24 12.297c0-6.627-5.373-12-12-12"
	googleLogo = "M12.48 10.92v3.28h7.84c-.24 1.84-.853 3.187-1.787 4.133-1.147 1.147-2.933 2.4-6.053 2.4-4.827 0-8.6-3.893-8.6-8.72s3.773-8.72 8.6-8.72c2.6 0 4.507 1.027 5.907 2.347l2.307-2.307C18.747 1.44 16.133 0 12.48 0 5.867 0 .307 5.387.307 12s5.56 12 12.173 12c3.573 0 6.267-1.173 8.373-3.36 2.16-2.16 2.84-5.213 2.84-7.667 0-.76-.053-1.467-.173-2.053H12.48z"
)

func oauthProviders() []page.Provider {
	return []page.Provider{
		{ID: "github", Name: "GitHub", Action: "/api/auth/signin/github", BrandColor: "#24292f", Logo: githubLogo},
		{ID: "google", Name: "Google", Action: "/api/auth/signin/google", BrandColor: "#ffffff", Logo: googleLogo},
		{ID: "local", Name: "the local identity provider", Action: "/api/auth/signin/local"},
	}
}

func allProviders() []page.Provider {
	link := page.Provider{ID: "email", Name: "Email", Kind: page.Email, Action: "/api/auth/signin/email"}
	password := page.Provider{ID: "credentials", Name: "password", Kind: page.Credentials,
		Action: "/api/auth/callback/credentials",
		Fields: []page.Field{
			{Name: "username", Label: "User name", Autocomplete: "username", Required: true},
			{Name: "password", Type: "password", Placeholder: "at least 8 characters"},
		}}
	return append(append([]page.Provider{link}, oauthProviders()...), password)
}

// in returns providers that are the same in every language.
func in(providers []page.Provider) func(*language.Texts) []page.Provider {
	return func(*language.Texts) []page.Provider { return providers }
}

// builtIn returns the built-in languages.
func builtIn(t testing.TB) *language.Set {
	t.Helper()
	set, err := language.Config{}.Set()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func newPages(t *testing.T, theme page.Theme, providers []page.Provider) *page.Pages {
	t.Helper()
	pages, err := page.New(theme, in(providers), builtIn(t), false)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// render returns the response with one page.
func render(t *testing.T, write func(http.ResponseWriter) error) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := write(w); err != nil {
		t.Fatal(err)
	}
	return w
}

const site = "https://app.example.com"

var signIn = page.SignIn{Site: site, CSRFToken: "0123abcd", CallbackURL: site + "/dashboard?tab=1&sort=name"}

var (
	waiting = page.VerifyRequest{
		Site: site, CodeAction: "/api/auth/callback/email", ResendAction: "/api/auth/signin/email",
		CSRFToken: "0123abcd", CallbackURL: site + "/dashboard",
		Email: "ada@example.com",
	}
	link = page.Confirm{
		Site: site, Action: "/api/auth/callback/email", CSRFToken: "0123abcd", CallbackURL: site + "/dashboard",
		Email: "ada@example.com", Token: "4567cdef",
	}
)

var question = page.Link{
	Site: site, Action: "/api/auth/link", CSRFToken: "0123abcd", CallbackURL: site + "/dashboard",
	Question: "sealed", User: "Ada <Lovelace>", Account: "ada@example.com", Provider: "GitHub",
}

func TestPagesMatchGoldenFiles(t *testing.T) {
	t.Parallel()
	oauth := newPages(t, page.Theme{}, oauthProviders())
	themed := newPages(t, page.Theme{ColorScheme: "dark", Logo: "/logo.svg", BrandColor: "#ffd43b",
		ButtonText: "#1a1a1a"}, allProviders())
	failed := signIn
	failed.Error = "OAuthAccountNotLinked"
	failure := func(code string) func(http.ResponseWriter) error {
		return func(w http.ResponseWriter) error {
			return oauth.Error(w, page.Failure{Site: site, Code: code, SignInURL: "/api/auth/signin"})
		}
	}

	for name, write := range map[string]func(http.ResponseWriter) error{
		"signin":        func(w http.ResponseWriter) error { return oauth.SignIn(w, signIn) },
		"signin-error":  func(w http.ResponseWriter) error { return oauth.SignIn(w, failed) },
		"signin-themed": func(w http.ResponseWriter) error { return themed.SignIn(w, signIn) },
		"signout": func(w http.ResponseWriter) error {
			return oauth.SignOut(w, page.SignOut{
				Site: site, Action: "/api/auth/signout", CSRFToken: "0123abcd", CallbackURL: site + "/dashboard",
			})
		},
		"error":               failure(""),
		"error-configuration": failure("Configuration"),
		"error-accessdenied":  failure("AccessDenied"),
		"error-verification":  failure("Verification"),
		"link":                func(w http.ResponseWriter) error { return oauth.Link(w, question) },
		"link-address": func(w http.ResponseWriter) error {
			address := question
			address.IsAddress, address.User = true, ""
			return oauth.Link(w, address)
		},
		"signin-signedin": func(w http.ResponseWriter) error {
			known := signIn
			known.User, known.SignOutURL = "Ada <Lovelace>", "/api/auth/signout"
			return oauth.SignIn(w, known)
		},
		"signin-confirm": func(w http.ResponseWriter) error {
			known := signIn
			known.User, known.SignOutURL, known.Error = "Ada <Lovelace>", "/api/auth/signout", "SessionRequired"
			return oauth.SignIn(w, known)
		},
		"error-invalidcheck": func(w http.ResponseWriter) error {
			return oauth.Error(w, page.Failure{
				Site: site, Code: "InvalidCheck", SignInURL: "/api/auth/signin", Action: "/api/auth/signin/github",
				CSRFToken: "0123abcd", CallbackURL: site + "/dashboard",
			})
		},
		"error-unavailable": failure(page.Unavailable),
		"verify-request": func(w http.ResponseWriter) error {
			return oauth.VerifyRequest(w, page.VerifyRequest{Site: site})
		},
		"verify-request-code": func(w http.ResponseWriter) error { return oauth.VerifyRequest(w, waiting) },
		"verify-request-error": func(w http.ResponseWriter) error {
			wrong := waiting
			wrong.Error = "WrongCode"
			return oauth.VerifyRequest(w, wrong)
		},
		"confirm": func(w http.ResponseWriter) error { return oauth.Confirm(w, link) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			html := render(t, write).Body.String()
			checkWellFormed(t, html)
			compareGolden(t, name+".html", styleElement.ReplaceAllString(html, "<style></style>"))
		})
	}
}

func TestStyleMatchesGoldenFile(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, allProviders())
	html := render(t, func(w http.ResponseWriter) error { return pages.SignIn(w, signIn) }).Body.String()
	compareGolden(t, "style.css", styleElement.FindStringSubmatch(html)[1])
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./internal/page -update rewrites it. Got:\n%s", path, got)
	}
}

// checkWellFormed fails the test for elements that are not closed in order, for attributes without
// quotes, and for IDs that are used twice or that a label refers to but no input has.
func checkWellFormed(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict = false
	d.AutoClose = []string{"meta", "img", "input"}
	d.Entity = xml.HTMLEntity
	var open, ids, labels []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "id":
					ids = append(ids, a.Value)
				case "for":
					labels = append(labels, a.Value)
				}
			}
		case xml.EndElement:
			if n := len(open) - 1; n < 0 || open[n] != e.Name.Local {
				t.Fatalf("</%s> closes %v", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
	slices.Sort(labels)
	slices.Sort(ids)
	if !slices.Equal(labels, ids) || len(slices.Compact(ids)) != len(labels) {
		t.Errorf("labels are for %v, inputs are %v", labels, ids)
	}
}

// Authelia CVE-2026-33525, Hydra CVE-2019-8400, Zitadel CVE-2026-29192 and -29191, Casdoor
// CVE-2026-5468, CVE-2024-41658: the policy allows no scripts.
func TestHeadersMatchGoldenFile(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, logo := range []string{
		"", "/logo.svg", "https://cdn.example.com:8443/logo.svg", "data:image/png;base64,iVBORw0KGgo=",
	} {
		pages := newPages(t, page.Theme{Logo: logo}, oauthProviders())
		for _, site := range []string{"https://app.example.com", "http://localhost:3000"} {
			w := render(t, func(w http.ResponseWriter) error { return pages.SignIn(w, page.SignIn{Site: site}) })
			fmt.Fprintf(&got, "# logo %q, site %s\n", logo, site)
			if err := w.Header().Write(&got); err != nil {
				t.Fatal(err)
			}
		}
	}
	headers := styleHash.ReplaceAllString(strings.ReplaceAll(got.String(), "\r\n", "\n"), "'sha256-…'")
	compareGolden(t, "headers.txt", headers)
}

// One button stands out: that of the first form with fields. A form with a color keeps it.
func TestSignInPageHasOneMainButton(t *testing.T) {
	t.Parallel()
	field := []page.Field{{Name: "field"}}
	providers := []page.Provider{
		{ID: "local", Name: "local", Action: "/signin/local"},
		{ID: "email", Name: "email", Kind: page.Email, Action: "/signin/email"},
		{ID: "form", Name: "form", Kind: page.Credentials, Action: "/callback/form", Fields: field},
		{ID: "own", Name: "own", Kind: page.Credentials, Action: "/callback/own", Fields: field, BrandColor: "#24292f"},
	}
	pages := newPages(t, page.Theme{}, providers)
	button := regexp.MustCompile(`<button class="button ([\w-]+)"`)
	for id, want := range map[string]string{
		"": "neutral primary neutral provider-3", "local": "neutral", "email": "primary", "form": "primary",
		"own": "provider-3",
	} {
		data := signIn
		data.Provider = id
		html := render(t, func(w http.ResponseWriter) error { return pages.SignIn(w, data) }).Body.String()
		var have []string
		for _, m := range button.FindAllStringSubmatch(html, -1) {
			have = append(have, m[1])
		}
		if strings.Join(have, " ") != want {
			t.Errorf("the page of %q has the buttons %q, want %q", id, have, want)
		}
	}
}

// The style sheet has its own golden file, so that a change of it changes only one. Its hash is
// checked by TestPolicyHasTheHashOfTheStyle.
var (
	styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	styleHash    = regexp.MustCompile(`'sha256-[A-Za-z0-9+/=]{44}'`)
)

func TestPolicyHasTheHashOfTheStyle(t *testing.T) {
	t.Parallel()
	for _, theme := range []page.Theme{{}, {ColorScheme: "dark"}, {BrandColor: "#ff0000"}} {
		pages := newPages(t, theme, allProviders())
		for name, w := range map[string]*httptest.ResponseRecorder{
			"sign-in": render(t, func(w http.ResponseWriter) error { return pages.SignIn(w, signIn) }),
			"error":   render(t, func(w http.ResponseWriter) error { return pages.Error(w, page.Failure{Site: site}) }),
		} {
			style := styleElement.FindStringSubmatch(w.Body.String())
			if style == nil {
				t.Fatalf("%s page has no style element", name)
			}
			hash := sha256.Sum256([]byte(style[1]))
			want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "';"
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, want) {
				t.Errorf("%s page: policy %q lacks %q", name, csp, want)
			}
		}
	}
}

func TestErrorPageStatus(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, nil)
	for code, want := range map[string]int{
		"Configuration": 500, "configuration": 500, "AccessDenied": 403, "Verification": 403, "verification": 403,
		page.Unavailable: 503, "WebAuthnVerificationError": 200, "OAuthAccountNotLinked": 200, "Default": 200, "": 200,
		"anything else": 200,
	} {
		w := render(t, func(w http.ResponseWriter) error {
			return pages.Error(w, page.Failure{Site: site, Code: code})
		})
		if w.Code != want {
			t.Errorf("error=%s: status %d, want %d", code, w.Code, want)
		}
	}
}

var alert = regexp.MustCompile(`(?s)role="(?:alert|status)">.*?<span>(.*?)</span>`)

func TestSignInPageTellsErrorsApart(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, oauthProviders())
	message := func(code string) string {
		w := render(t, func(w http.ResponseWriter) error {
			return pages.SignIn(w, page.SignIn{Site: site, Error: code})
		})
		m := alert.FindStringSubmatch(w.Body.String())
		if m == nil {
			return ""
		}
		return m[1]
	}
	if got := message(""); got != "" {
		t.Errorf("without an error the page says %q", got)
	}
	generic := message("no such code")
	if generic == "" {
		t.Fatal("an unknown code shows nothing")
	}
	seen := map[string]string{generic: "no such code"}
	for _, code := range []string{
		"OAuthCallbackError", "OAuthSignin", "Signin", "OAuthAccountNotLinked", "AccountNotLinked", "EmailSignin",
		"CredentialsSignin", "SessionRequired", "MissingCSRF", "AccessDenied", "RateLimited", "WrongCode",
	} {
		m := message(code)
		if other, ok := seen[m]; ok {
			t.Errorf("%s and %s say the same: %q", code, other, m)
		}
		seen[m] = code
	}
	for code, same := range map[string]string{
		"OAuthCallback": "OAuthSignin", "oauthcallback": "OAuthSignin",
		"OAuthCreateAccount": "Signin", "EmailCreateAccount": "Signin",
	} {
		if seen[message(code)] != same {
			t.Errorf("%s says %q", code, message(code))
		}
	}
}

func TestErrorPageShowsSignInErrorsToo(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, nil)
	w := render(t, func(w http.ResponseWriter) error {
		return pages.Error(w, page.Failure{Site: site, Code: "EmailSignin", SignInURL: "/api/auth/signin"})
	})
	for _, want := range []string{"could not be sent", `href="/api/auth/signin"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("page lacks %q", want)
		}
	}
}

// Authelia CVE-2026-33525, Hydra CVE-2019-8400, Zitadel CVE-2026-29192 and -29191, Casdoor
// CVE-2026-5468, CVE-2024-41658: no value reaches the page as markup or as a URL that runs.
func TestHostileValuesStayText(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `' onfocus='alert(1)`,
		`" autofocus onfocus="alert(1)`, "javascript:alert(1)",
		"JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
		"data:text/html,<script>alert(1)</script>", "vbscript:alert(1)",
		"</style><script>alert(1)</script>", "{{.}}", "]]><script>alert(1)</script>", "\x00<script>alert(1)</script>",
		"\u2028<img src=x onerror=alert(1)>",
	} {
		pages := newPages(t, page.Theme{}, []page.Provider{
			{ID: evil, Name: evil, Action: evil},
			{ID: evil + "2", Name: evil, Action: evil, Kind: page.Email},
			{ID: evil + "3", Name: evil, Action: evil, Kind: page.Credentials,
				Fields: []page.Field{{Name: evil, Label: evil, Type: evil, Placeholder: evil, Autocomplete: evil}}},
		})
		for name, write := range map[string]func(http.ResponseWriter) error{
			"sign-in": func(w http.ResponseWriter) error {
				return pages.SignIn(w, page.SignIn{
					Site: evil, Error: evil, CSRFToken: evil, CallbackURL: evil,
				})
			},
			"sign-out": func(w http.ResponseWriter) error {
				return pages.SignOut(w, page.SignOut{Site: evil, Action: evil, CSRFToken: evil})
			},
			"error": func(w http.ResponseWriter) error {
				return pages.Error(w, page.Failure{Site: evil, Code: evil, SignInURL: evil})
			},
			"verify-request": func(w http.ResponseWriter) error {
				return pages.VerifyRequest(w, page.VerifyRequest{
					Site: evil, Error: evil, CodeAction: evil, ResendAction: evil, CSRFToken: evil, CallbackURL: evil,
					Email: evil,
				})
			},
			"confirm": func(w http.ResponseWriter) error {
				return pages.Confirm(w, page.Confirm{
					Site: evil, Action: evil, CSRFToken: evil, CallbackURL: evil, Email: evil, Token: evil,
				})
			},
		} {
			w := render(t, write)
			checkInert(t, fmt.Sprintf("%s page with %q", name, evil), w.Body.String())
			if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "alert") {
				t.Errorf("%s page with %q: policy %q", name, evil, csp)
			}
		}
	}
}

// checkInert fails the test for everything that could run: elements and attributes that the
// templates do not have, and URLs with schemes other than http and https.
func checkInert(t *testing.T, what, html string) {
	t.Helper()
	elements := strings.Fields(
		"html head meta title style body main div img h1 p strong span svg path circle text form input label button a",
	)
	d := xml.NewDecoder(strings.NewReader(strings.ReplaceAll(html, "\ufffd", "")))
	d.Strict = false
	d.AutoClose = []string{"meta", "img", "input"}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, e.Name.Local) {
			t.Errorf("%s: has a <%s>", what, e.Name.Local)
		}
		for _, a := range e.Attr {
			link := a.Name.Local == "href" || a.Name.Local == "action" || a.Name.Local == "src"
			if strings.HasPrefix(a.Name.Local, "on") || link && runs(a.Value) {
				t.Errorf("%s: <%s %s=%q>", what, e.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}

func runs(url string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(strings.Join(strings.Fields(url), "")), ":")
	return ok && !strings.ContainsAny(scheme, "/?#") && scheme != "http" && scheme != "https"
}

// A provider without a logo has the outline of a person, whatever its name is.
func TestProviderWithoutALogo(t *testing.T) {
	t.Parallel()
	var marks []string
	for _, name := range []string{"acme", "!"} {
		pages := newPages(t, page.Theme{},
			[]page.Provider{{ID: "p", Name: name, Kind: page.OAuth, Action: "/signin/p"}})
		html := render(t, func(w http.ResponseWriter) error {
			return pages.SignIn(w, page.SignIn{Site: site, CSRFToken: "t"})
		}).Body.String()
		marks = append(marks, regexp.MustCompile(`<svg[^>]*>\s*(.*?)</svg>`).FindString(html))
	}
	if !strings.Contains(marks[0], "<path") || strings.Contains(marks[0], "<text") || marks[0] != marks[1] {
		t.Errorf("the marks are %q", marks)
	}
}

// What did not go wrong does not look like it did: that a page needs a session, and that somebody
// has cancelled.
func TestNotices(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, oauthProviders())
	for code, want := range map[string]bool{
		"SessionRequired": true, "OAuthCallbackError": true, "Callback": true, // the last is of NextAuth.js 4
		"OAuthCallback": false, "CredentialsSignin": false, "OAuthAccountNotLinked": false, "": false,
	} {
		data := signIn
		data.Error = code
		html := render(t, func(w http.ResponseWriter) error { return pages.SignIn(w, data) }).Body.String()
		notice := strings.Contains(html, `class="alert notice" role="status"`)
		alert := strings.Contains(html, `role="alert"`)
		if notice != want || alert != (code != "" && !want) {
			t.Errorf("%q: a notice %t, an alert %t", code, notice, alert)
		}
	}
}

// Every page calls the site by its name.
func TestNameOfTheSite(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{Name: "Ada & Sons"}, oauthProviders())
	for name, write := range map[string]func(http.ResponseWriter) error{
		"sign in":  func(w http.ResponseWriter) error { return pages.SignIn(w, signIn) },
		"sign out": func(w http.ResponseWriter) error { return pages.SignOut(w, page.SignOut{Site: site}) },
		"error":    func(w http.ResponseWriter) error { return pages.Error(w, page.Failure{Site: site}) },
		"verify":   func(w http.ResponseWriter) error { return pages.VerifyRequest(w, waiting) },
		"confirm":  func(w http.ResponseWriter) error { return pages.Confirm(w, link) },
		"link":     func(w http.ResponseWriter) error { return pages.Link(w, question) },
		"document": func(w http.ResponseWriter) error { return pages.Document(w, page.Document{Site: site}) },
	} {
		if html := render(t, write).Body.String(); !strings.Contains(html, "Ada &amp; Sons") ||
			strings.Contains(html, ">app.example.com<") {
			t.Errorf("%s:\n%s", name, html)
		}
	}
	for _, bad := range []string{strings.Repeat("é", 61), "two\nlines", "\u202eabc"} {
		if _, err := page.New(page.Theme{Name: bad}, in(nil), builtIn(t), false); err == nil ||
			!strings.Contains(err.Error(), "Theme.Name") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestUnsafeCallbackURLIsLeftOut(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, oauthProviders())
	for callback, want := range map[string]bool{
		"/dashboard": true, site + "/dashboard": true, "http://localhost:3000/": true, "": false,
		"javascript:alert(1)": false, "data:text/html,x": false, " javascript:alert(1)": false, "dashboard": false,
	} {
		w := render(t, func(w http.ResponseWriter) error {
			return pages.SignIn(w, page.SignIn{Site: site, CSRFToken: "t", CallbackURL: callback})
		})
		if got := strings.Contains(w.Body.String(), `name="callbackUrl"`); got != want {
			t.Errorf("callbackUrl %q is on the page: %t, want %t", callback, got, want)
		}
	}
}

func TestConcurrentPagesDoNotMix(t *testing.T) {
	t.Parallel()
	pages := newPages(t, page.Theme{}, oauthProviders())
	for i := range 20 {
		token := fmt.Sprintf("token-of-visitor-%d-", i)
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				w := render(t, func(w http.ResponseWriter) error {
					return pages.SignIn(w, page.SignIn{Site: site, CSRFToken: token})
				})
				if own, all := strings.Count(w.Body.String(), token), strings.Count(w.Body.String(),
					"token-of-visitor"); own != 3 || all != 3 {
					t.Fatalf("%d tokens of this visitor among %d, want 3 of 3", own, all)
				}
			}
		})
	}
}

func BenchmarkSignIn(b *testing.B) {
	pages, err := page.New(page.Theme{}, in(oauthProviders()), builtIn(b), false)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := pages.SignIn(httptest.NewRecorder(), signIn); err != nil {
			b.Fatal(err)
		}
	}
}
