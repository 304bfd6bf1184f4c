package cardea_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/pseudo"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

// reader is the transport of a browser whose user reads a language.
type reader struct {
	http.RoundTripper
	accept []string // the header Accept-Language
}

func (r reader) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header["Accept-Language"] = r.accept
	return r.RoundTripper.RoundTrip(req)
}

// reads makes a browser ask for languages.
func reads(b *cardeatest.Browser, accept ...string) *cardeatest.Browser {
	b.Transport = reader{b.Transport, accept}
	return b
}

// The texts of all languages, the templates of the pages and the patterns of rare inputs would take
// most of the heap of a small program, and garbage collection visits all of it again and again. It
// is measured in a process of its own, because the first test that needs them loads them.
func TestNewLoadsNothingForPages(t *testing.T) {
	t.Parallel()
	const isChild = "CARDEA_TEST_NEW_LOADS"
	if os.Getenv(isChild) == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestNewLoadsNothingForPages$")
		child.Env = append(os.Environ(), isChild+"=1")
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := cardea.New(cardea.Config{
		Secret: secret, BaseURL: "http://localhost:3000",
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	runtime.ReadMemStats(&after)
	const most = 150 << 10 // bytes; the texts of English are 80 kB more, and the templates 150 kB
	if took := after.TotalAlloc - before.TotalAlloc; err != nil || took > most {
		t.Errorf("New has allocated %d bytes, want at most %d; error %v", took, most, err)
	}
}

func TestPagesAreInTheLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, c := range []struct{ accept, want, heading, button string }{
		{"", "en", "Sign in", "Sign in with Identity Provider"},
		{"de-AT,de;q=0.9", "de", "Anmelden", "Mit Identity Provider anmelden"},
		{"fr", "fr", "Se connecter", "Se connecter avec Identity Provider"},
		{"es-MX", "es", "Iniciar sesión", "Iniciar sesión con Identity Provider"},
		{"pt", "pt-BR", "Entrar", "Entrar com Identity Provider"},
		{"ja", "ja", "ログイン", "Identity Provider でログイン"},
		{"zh-CN", "zh-Hans", "登录", "使用 Identity Provider 登录"},
		{"nl", "en", "Sign in", "Sign in with Identity Provider"},
	} {
		b := newBrowser(t, s.URL)
		if c.accept != "" {
			reads(b, c.accept)
		}
		res := visit(t, b, s.URL+"/api/auth/signin")
		body := text(t, res)
		for _, want := range []string{
			`<html lang="` + c.want + `">`, "<h1>" + c.heading + "</h1>", "<span>" + c.button + "</span>",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%q: no %s in\n%s", c.accept, want, body)
			}
		}
		if got := res.Header.Get("Content-Language"); got != c.want {
			t.Errorf("%q: Content-Language %q", c.accept, got)
		}
		if got := res.Header.Values("Vary"); len(got) != 1 || got[0] != "Accept-Language" {
			t.Errorf("%q: Vary %q", c.accept, got)
		}
	}
}

func TestOneLanguageIsThatOfEverybody(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Languages.Offer = []string{"de"} })
	res := visit(t, reads(newBrowser(t, s.URL), "fr, en;q=0.5"), s.URL+"/api/auth/signout")
	body := text(t, res)
	if !strings.Contains(body, "<h1>Abmelden</h1>") || res.Header.Get("Content-Language") != "de" {
		t.Errorf("the page is not German:\n%s", body)
	}
	if got := res.Header.Get("Vary"); got != "" {
		t.Errorf("Vary %q, although every browser gets the same page", got)
	}
}

// The origin of a front end and the language of a visitor are two reasons why a cache must not mix
// answers up.
func TestVaryKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	s := newSplitSite(t, nil)
	res := visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/signin")
	if got := strings.Join(res.Header.Values("Vary"), ", "); got != "Origin, Accept-Language" {
		t.Errorf("Vary %q", got)
	}
}

func TestApplicationReplacesAndAddsTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Languages = language.Config{
			Offer: []string{"it", "de"},
			Texts: map[string]map[string]string{
				"de": {"signin.heading": "Willkommen <zurück>"}, "it": {"signin.heading": "Accedi"},
			},
		}
	})
	for accept, want := range map[string]string{
		"de": "<h1>Willkommen &lt;zurück&gt;</h1>", "it-CH": "<h1>Accedi</h1>", "en": "<h1>Accedi</h1>",
	} {
		body := text(t, visit(t, reads(newBrowser(t, s.URL), accept), s.URL+"/api/auth/signin"))
		if !strings.Contains(body, want) {
			t.Errorf("%s: no %s in\n%s", accept, want, body)
		}
	}
	body := text(t, visit(t, reads(newBrowser(t, s.URL), "it"), s.URL+"/api/auth/signout"))
	if !strings.Contains(body, "<h1>Sign out</h1>") || !strings.Contains(body, `<html lang="it">`) {
		t.Errorf("a text that is not in Italian:\n%s", body)
	}
}

func TestFaultsOfLanguagesNameTheField(t *testing.T) {
	t.Parallel()
	_, err := cardea.New(cardea.Config{
		Secret: secret, Providers: []cardea.Provider{customProvider()},
		Languages: language.Config{Offer: []string{"it", "!"}},
	})
	for _, want := range []string{"cardea: Config.Languages: Offer[0]: ", "cardea: Config.Languages: Offer[1]: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// Programs read codes, JSON and redirects, which are the same in every language.
func TestProgramsReadTheSameInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := newFormSite(t)
	answers := func(accept ...string) (all []string) {
		b := newBrowser(t, s.URL)
		if len(accept) > 0 {
			reads(b, accept...)
		}
		for _, path := range []string{"/providers", "/session"} {
			res := visit(t, b, s.URL+"/api/auth"+path)
			all = append(all, text(t, res), res.Header.Get("Vary"), res.Header.Get("Content-Language"))
		}
		refused := b.Post("/callback/credentials", url.Values{"name": {"x"}})
		all = append(all, refused.Header.Get("Location"))
		forged := b.Post("/signin/idp", url.Values{"csrfToken": {"wrong"}})
		return append(all, forged.Header.Get("Location"))
	}
	english := answers()
	for _, accept := range []string{"de", "ja", "zh-CN"} {
		for i, got := range answers(accept) {
			if got != english[i] {
				t.Errorf("%s: %s, want %s", accept, got, english[i])
			}
		}
	}
}

// signInCodes are codes that the sign-in page and the error page explain.
var signInCodes = []string{
	"", "Configuration", "Verification", "AccessDenied", "RateLimited", "InvalidCheck", "OAuthSignin",
	"OAuthAccountNotLinked", "AccountNotLinked", "EmailSignin", "WrongCode", "UnknownProvider", "CredentialsSignin",
	"SessionRequired", "MissingCSRF", "WebAuthnVerificationError", "Whatever",
}

// Every word that visitors see is a text of package language, or a name.
func TestPagesHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		addGitHub(c)
		c.Languages = pseudo.Config()
		c.Limits.Client = ratelimit.Rate{Count: 1, Within: time.Hour}
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields:    []cardea.Field{{Name: "pin", Label: "PIN"}},
			Authorize: func(context.Context, credentials.Input) (*cardea.User, error) { return nil, nil },
		}))
	})
	site := s.URL + "/api/auth"
	host := strings.TrimPrefix(s.URL, "http://")
	seen := 0
	check := func(what string, res *http.Response) {
		t.Helper()
		seen++
		body := text(t, res)
		if words := pseudo.Untranslated(body, "Identity Provider", "GitHub", "PIN", host, "ann@example.com",
			"Bob Example", bob.Email, "octocat@example.com"); len(words) > 0 {
			t.Errorf("%s: %q", what, words)
		}
		if !strings.Contains(body, `<html lang="`+pseudo.Tag+`">`) || !strings.Contains(body, "ж") {
			t.Errorf("%s is no page of this language: %s", what, body)
		}
	}
	b := newBrowser(t, s.URL)
	for _, code := range signInCodes {
		check("sign-in page with "+code, visit(t, b, site+"/signin?error="+code))
		check("error page with "+code, visit(t, b, site+"/error?error="+code))
	}
	check("one provider", visit(t, b, site+"/signin/github"))
	check("a page for a new start", visit(t, b, site+"/error?error=InvalidCheck&provider=github"))
	check("sign-out page", visit(t, b, site+"/signout"))
	check("after a mail, in another browser", visit(t, b, site+"/verify-request"))
	mail := s.ask(t, b, "ann@example.com", "/")
	check("after a mail", visit(t, b, site+"/verify-request?provider=email&type=email"))
	check("after a wrong code", visit(t, b, site+"/verify-request?provider=email&type=email&error=WrongCode"))
	check("a link in another browser", visit(t, newBrowser(t, s.URL), mail.Link))

	known, _ := bobSignsIn(t, s)
	check("confirmation", visit(t, known, site+"/confirm"))
	check("a sign-in that does not suffice", visit(t, known, site+"/confirm?level=2"))
	check("a sign-in to confirm", visit(t, known, site+"/signin?error=SessionRequired"))
	check("a confirmation that failed", visit(t, known, site+"/confirm?error=AccessDenied"))
	check("somebody who is signed in", visit(t, known, site+"/signin"))
	check("question about an account", visit(t, known, beginAs(t, known, "github", octocat.Subject, "/")))
	check("question about an address", visit(t, known, s.ask(t, known, bob.Email, "/").Link))

	b.Post("/callback/credentials", url.Values{"pin": {"1"}})
	check("too many tries", b.Post("/callback/credentials", url.Values{"pin": {"1"}}))
	if seen < 2*len(signInCodes)+10 {
		t.Errorf("%d pages were seen", seen)
	}
}

func TestSignInMailIsInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	host := strings.TrimPrefix(s.URL, "http://")
	for accept, want := range map[string]string{
		"de": "Anmeldung bei " + host, "": "Sign in to " + host, "zh-CN": "登录 " + host,
	} {
		mail := s.ask(t, reads(newBrowser(t, s.URL), accept), "ann@example.com", "/")
		if mail.Subject != want || len(mail.Code) != 8 {
			t.Errorf("%s: got %q, want %q", accept, mail.Subject, want)
		}
	}
}

// A mail that no request has caused is in the first language of the site.
func TestMailWithoutARequestIsInTheLanguageOfTheSite(t *testing.T) {
	t.Parallel()
	p := &polyglot{}
	newSite(t, func(c *cardea.Config) {
		c.Features, c.Languages.Offer = append(c.Features, p), []string{"fr", "en"}
	})
	got := make(chan string)
	err := p.host.SendMail(t.Context(), "ann@example.com", func(ctx context.Context) error {
		return p.host.SendMail(ctx, "ann@example.com", func(ctx context.Context) error {
			got <- language.Of(ctx).Tag()
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if tag := <-got; tag != "fr" {
		t.Errorf("got %s", tag)
	}
}

// The text for a store that is away is on a page that no URL leads to.
func TestUnavailablePageHasNoTextsOfItsOwn(t *testing.T) {
	t.Parallel()
	languages, err := pseudo.Config().Set()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := page.New(page.Theme{}, func(*language.Texts) []page.Provider { return nil }, languages, false)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := pages.Error(w, page.Failure{Site: "https://123", Code: page.Unavailable, SignInURL: "/"}); err != nil {
		t.Fatal(err)
	}
	if words := pseudo.Untranslated(w.Body.String()); len(words) > 0 {
		t.Errorf("%q", words)
	}
}

// polyglot is a feature with a way in and a page whose texts are in the language of the visitor.
type polyglot struct{ host *cardea.Host }

func (*polyglot) FeatureID() string { return "polyglot" }

func (p *polyglot) Install(h *cardea.Host) error {
	p.host = h
	h.Offer(feature.Way{
		ID: "greeting", Name: "a greeting", Fields: []feature.Field{{Name: "word", Label: "Word"}},
		Finish: func(http.ResponseWriter, *http.Request) error { return nil },
		Translate: func(w feature.Way, t *language.Texts) feature.Way {
			w.Name += " in " + t.Tag()
			w.Fields = []feature.Field{{Name: "word", Label: "Word in " + t.Tag()}}
			return w
		},
	})
	h.Handle(feature.Rule{
		Method: http.MethodGet, Path: "polyglot", Sender: feature.SenderAnybody, Visitor: feature.VisitorAnybody,
	}, func(_ http.ResponseWriter, r *http.Request) error {
		return h.Page(r.Context(), feature.Page{Title: "Page in " + language.Of(r.Context()).Tag()})
	})
	return nil
}

func TestFeaturesKnowTheLanguageOfTheVisitor(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Features = append(c.Features, &polyglot{}) })
	for accept, want := range map[string]string{"de": "de", "": "en", "zh": "zh-Hans"} {
		b := reads(newBrowser(t, s.URL), accept)
		body := text(t, visit(t, b, s.URL+"/api/auth/signin"))
		if !strings.Contains(body, "a greeting in "+want) || !strings.Contains(body, ">Word in "+want) {
			t.Errorf("%s: the way in:\n%s", accept, body)
		}
		body = text(t, visit(t, b, s.URL+"/api/auth/polyglot"))
		if !strings.Contains(body, "<h1>Page in "+want+"</h1>") {
			t.Errorf("%s: the page:\n%s", accept, body)
		}
		if body := text(t, visit(t, b, s.URL+"/api/auth/providers")); !strings.Contains(body, `"name":"a greeting"`) {
			t.Errorf("%s: the clients of Auth.js get %s", accept, body)
		}
	}
}
