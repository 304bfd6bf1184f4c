package provider_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	app = "https://app.example"
	// contains characters that RFC 6749 § 2.3.1 requires to be encoded, and is long enough for
	// HS256
	secret = "a secret: with+signs & such, 32+ long"
)

var client = provider.Client{ID: "app-id", Secret: secret}

// service is a row of the table: a provider and the name of its files in testdata.
// testdata/README.md explains how to add one.
type service struct {
	name     string
	provider *oauth.Provider
}

var services []service

// add adds rows to the table. The files services_*_test.go call it.
func add(rows ...service) bool {
	services = append(services, rows...)
	return true
}

// The golden files contain all requests of a sign-in and of a token refresh, and what is stored.
func TestSignIn(t *testing.T) {
	t.Parallel()
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, filepath.Join("testdata", s.name+".golden"), signIn(t, s.provider, readAnswers(t, s.name)))
		})
	}
}

// signIn signs a user in through the real handler at a service with the given responses, refreshes
// the tokens, and returns the transcript.
func signIn(t *testing.T, p *oauth.Provider, answers answers) string {
	t.Helper()
	v := newVendor(t, p, answers)
	said := &transcript{RoundTripper: v, accessToken: v.accessToken()}
	var in *cardea.SignIn
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, BaseURL: app, Providers: []cardea.Provider{p},
		HTTPClient: &http.Client{Transport: said}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Events: cardea.Events{SignIn: func(_ context.Context, s *cardea.SignIn) { in = s }},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := cardeatest.NewBrowser(t, app)
	b.Transport = browserTransport{app: auth, vendor: v, said: said}
	b.Post("/signin/"+p.ID, url.Values{"callbackUrl": {app + "/api/auth/csrf"}})
	if v.form != nil {
		b.Transport.(browserTransport).post(t, b.Client, p.ID, v.form)
	}
	if in == nil || b.Session() == nil {
		t.Fatalf("nobody is signed in; until then:\n%s", &said.text)
	}
	if strings.Contains(fmt.Sprint(in.Profile.Raw), v.accessToken()) {
		t.Error("the profile has the access token in it")
	}
	said.rows(in)
	if in.Account.RefreshToken != "" && p.Exchange == nil {
		refresh(t, auth, store, in.Account)
	}
	return said.text.String()
}

// refresh lets the stored access token expire and requests it, which refreshes it.
func refresh(t *testing.T, auth *cardea.Auth, store *memadapter.Adapter, account *cardea.Account) {
	t.Helper()
	expired := *account
	expired.ExpiresAt = time.Now().Add(-time.Hour)
	if err := store.UpdateAccount(t.Context(), &expired); err != nil {
		t.Fatal(err)
	}
	if token, err := auth.AccessToken(t.Context(), account.UserID, account.Provider); err != nil ||
		token != account.AccessToken {
		t.Errorf("the tokens cannot be refreshed: %v", err)
	}
}

// checkGolden compares got with a golden file, or writes the file if -update is given.
func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference. Have:\n%s", file, got)
	}
}

// rows adds the user and the account to the transcript.
func (s *transcript) rows(in *cardea.SignIn) {
	p, a := in.Profile, in.Account
	fmt.Fprintf(&s.text, "person: name %q, e-mail %q, verified %v, image %q\n", p.Name, p.Email, p.EmailVerified,
		p.Image)
	fmt.Fprintf(&s.text, "account: %s %s:%s, token type %q, scope %q, expires %v, refresh token %v, ID token %v\n",
		a.Type, a.Provider, a.ProviderAccountID,
		a.TokenType, a.Scope, !a.ExpiresAt.IsZero(), a.RefreshToken != "", a.IDToken != "")
}
