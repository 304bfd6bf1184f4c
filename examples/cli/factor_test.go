package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

var (
	verifier  = strings.Repeat("v", 43)
	linkQuery = url.Values{"port": {"9"}, "state": {strings.Repeat("s", 26)}, "challenge": {hash(verifier)}}
)

// newSite starts the site. SignIn, which may be nil, is the callback.
func newSite(t *testing.T, idp *cardeatest.Issuer, store *memadapter.Adapter, o factor.Options,
	signIn func(*cardea.SignIn)) (*site, *httptest.Server) {
	t.Helper()
	factors := factor.New(o)
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
		Features: []cardea.Feature{factors, account.New(account.Options{})},
		Callbacks: cardea.Callbacks{SignIn: func(_ context.Context, in *cardea.SignIn) (string, error) {
			if signIn != nil {
				signIn(in)
			}
			return "", nil
		}},
		Providers: []cardea.Provider{provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{auth: auth, factors: factors, tokens: store}
	server := httptest.NewServer(s.routes())
	t.Cleanup(server.Close)
	return s, server
}

// app is an authenticator app. Its codes are counted from the start of the test, because each works
// once.
type app struct {
	key   []byte
	start int64
}

func (a app) code(step int64) string {
	mac := hmac.New(sha1.New, a.key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(a.start+step)))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & (1<<31 - 1)
	return fmt.Sprintf("%06d", number%1000000)
}

// enrol sets up an app.
func enrol(t *testing.T, b *cardeatest.Browser) app {
	t.Helper()
	text := read(t, b.Post("/factor/start", nil))
	secret := regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`).FindStringSubmatch(text)
	if secret == nil {
		t.Fatalf("no secret on the page: %s", text)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret[1], " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	for {
		a := app{key, time.Now().Unix() / 30}
		text := read(t, b.Post("/factor/enrol", url.Values{"code": {a.code(-1)}}))
		if strings.Contains(text, "recovery codes") {
			return a
		}
		if time.Now().Unix()/30 == a.start { // otherwise the code has expired on its way
			t.Fatalf("the code is refused: %s", text)
		}
	}
}

// login lets the program sign in, and returns the answer to it and its cookies.
func login(t *testing.T, server *httptest.Server, allowing *cardeatest.Browser) (int, *cardeatest.Browser) {
	t.Helper()
	allowing.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { allowing.CheckRedirect = nil }()
	res, err := allowing.PostForm(server.URL+"/cli?"+linkQuery.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil {
		t.Fatalf("the answer to yes: %s, %v", res.Status, err)
	}
	b := cardeatest.NewBrowser(t, server.URL)
	form := url.Values{"code": {to.Query().Get("code")}, "verifier": {verifier}}
	res, err = b.PostForm(server.URL+"/cli/session", form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, b
}

// The session of the program knows how its user has signed in to the one that has allowed it. So
// whoever has an authenticator app can sign in, and the session is as strong.
func TestLoginWithApp(t *testing.T) {
	t.Parallel()
	issuer := cardeatest.NewIssuer(t,
		cardeatest.Person{Subject: "1", Name: "Grace", Email: "grace@example.com", EmailVerified: true})
	store := memadapter.New()
	s, server := newSite(t, issuer, store, factor.Options{Remember: 24 * time.Hour}, nil)
	grace := cardeatest.SignIn(t, server.URL, "idp", "grace@example.com")
	u, err := store.UserByEmail(t.Context(), "grace@example.com")
	if err != nil {
		t.Fatal(err)
	}
	check := func(step string, level int, methods ...string) {
		t.Helper()
		before, err := s.auth.Sessions(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		status, b := login(t, server, grace)
		if status != http.StatusNoContent || b.Session() == nil {
			t.Fatalf("%s: status %d, session %v", step, status, b.Session())
		}
		after, err := s.auth.Sessions(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(after, func(a *cardea.Session) bool {
			return !slices.ContainsFunc(before, func(b *cardea.Session) bool { return a.ID() == b.ID() })
		})
		if i < 0 || after[i].Level != level || !slices.Equal(after[i].Methods, methods) {
			t.Errorf("%s: the sessions are %v, want a new one of level %d with %q", step, after, level, methods)
		}
	}
	check("without an app", 1, "fed")
	a := enrol(t, grace)
	check("with an app", 2, "fed", "otp")

	// A remembered device has not proven the app, so it does that first.
	grace.SignOut()
	grace.Post("/signin/idp?login_hint=grace@example.com", nil)
	grace.Post("/factor/challenge", url.Values{"code": {a.code(0)}, "remember": {"on"}})
	check("after the challenge", 2, "fed", "otp")
	grace.SignOut()
	grace.SignIn("idp", "grace@example.com") // fails if it is asked for a code
	page := server.URL + "/cli?" + linkQuery.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err := grace.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if res.Request.URL.Path != "/api/auth/factor/confirm" {
		t.Fatalf("a remembered device: at %s: %s", res.Request.URL, res.Status)
	}
	res = grace.Post("/factor/confirm",
		url.Values{"code": {a.code(1)}, "callbackUrl": {res.Request.URL.Query().Get("callbackUrl")}})
	if got := res.Request.URL.String(); got != page {
		t.Errorf("confirmed: at %s, want %s", got, page)
	}
	check("after the confirmation", 2, "fed", "otp")
}

// The session that has allowed the program may end while the program signs in.
func TestSessionEndsBesideLogin(t *testing.T) {
	t.Parallel()
	issuer := cardeatest.NewIssuer(t,
		cardeatest.Person{Subject: "1", Name: "Grace", Email: "grace@example.com", EmailVerified: true})
	var s *site
	var server *httptest.Server
	s, server = newSite(t, issuer, memadapter.New(), factor.Options{}, func(in *cardea.SignIn) {
		if in.Account.Provider == "cli" {
			if n, err := s.auth.EndSessions(t.Context(), in.User.ID, nil); n != 1 || err != nil {
				t.Errorf("ended %d sessions: %v", n, err)
			}
		}
	})
	grace := cardeatest.SignIn(t, server.URL, "idp", "grace@example.com")
	if status, b := login(t, server, grace); status != http.StatusForbidden || b.Session() != nil {
		t.Errorf("status %d, session %v, want %d and none", status, b.Session(), http.StatusForbidden)
	}
}
