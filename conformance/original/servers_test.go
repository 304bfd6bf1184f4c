package original_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

const (
	secret = "a secret of at least 32 bytes, only for tests"
	host   = "site.example" // of requests to both servers
	annID  = "5a4ae1f6-3b1e-4e5f-8a53-2f2f6f3b8f11"
)

// configuration is that of both servers, as server.mjs reads it.
type configuration struct {
	Generation   string         `json:"generation"` // v5 or v4
	Secret       string         `json:"secret"`
	Strategy     string         `json:"strategy"`
	Database     string         `json:"database"`
	Issuer       string         `json:"issuer,omitempty"`
	ClientID     string         `json:"clientId,omitempty"`
	ClientSecret string         `json:"clientSecret,omitempty"`
	Pages        *pages         `json:"pages,omitempty"`
	User         map[string]any `json:"user"` // signed in by the password "right"
}

type pages struct {
	SignIn        string `json:"signIn"`
	SignOut       string `json:"signOut"`
	Error         string `json:"error"`
	VerifyRequest string `json:"verifyRequest"`
	NewUser       string `json:"newUser"`
}

// pair is a server of the Node packages and one with Cardea. They have the same configuration, and
// databases with the same content.
type pair struct {
	config       configuration
	node         *node.Process
	issuer       *cardeatest.Issuer
	theirs, ours string // the addresses
	mails        *cardeatest.Mailbox
}

// newPair starts both servers, that of the packages in a process that tests may share.
func newPair(t *testing.T, p *node.Process, generation string, strategy cardea.Strategy, own *pages) *pair {
	t.Helper()
	issuer := cardeatest.NewIssuer(t)
	both := &pair{node: p, issuer: issuer, mails: &cardeatest.Mailbox{}, config: configuration{
		Generation: generation, Secret: secret, Strategy: string(strategy),
		Database: filepath.Join(t.TempDir(), "original.sqlite"), Pages: own,
		Issuer: issuer.URL, ClientID: issuer.ClientID, ClientSecret: issuer.ClientSecret,
		User: map[string]any{"id": annID, "name": "Ann Example", "email": "ann@example.com"},
	}}
	p.Call(t, nil, "seed", both.config.Database, seededUsers(), seededSessions())
	copied := filepath.Join(t.TempDir(), "cardea.sqlite")
	content, err := os.ReadFile(both.config.Database)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, content, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Call(t, &both.theirs, "start", generation, both.config)
	both.ours = both.startCardea(t, copied)
	return both
}

const bobID = "b0b00000-0000-4000-8000-000000000000"

func seededUsers() []map[string]any {
	return []map[string]any{
		{"id": annID, "name": "Ann Example", "email": "ann@example.com", "emailVerified": "2026-01-02T03:04:05.678Z"},
		{"id": bobID, "email": "bob@example.com", "image": "https://example.com/bob.png"},
	}
}

// seededSessions returns sessions that were created today, which are not renewed, and two others:
// used is old enough to be renewed, and expired has expired.
func seededSessions() []map[string]any {
	fresh := time.Now().Add(30*24*time.Hour - time.Hour)
	return []map[string]any{
		{"sessionToken": "fresh", "userId": annID, "expires": fresh},
		{"sessionToken": "used", "userId": annID, "expires": time.Now().Add(28 * 24 * time.Hour)},
		{"sessionToken": "expired", "userId": annID, "expires": time.Now().Add(-time.Second)},
		{"sessionToken": "ending", "userId": annID, "expires": fresh},
		{"sessionToken": "without a name", "userId": bobID, "expires": fresh},
	}
}

func (p *pair) startCardea(t *testing.T, database string) string {
	t.Helper()
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { adapter.Close() })
	c := cardea.Config{
		Secret: secret, Adapter: adapter, TrustedHosts: []string{host},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Session: cardea.SessionConfig{
			Strategy:               cardea.Strategy(p.config.Strategy),
			InsecureStoreRawTokens: p.config.Strategy == string(cardea.StrategyDatabase),
		},
		Providers: []cardea.Provider{
			provider.OIDC("idp", "Identity Provider",
				provider.Client{ID: p.issuer.ClientID, Secret: p.issuer.ClientSecret, Issuer: p.issuer.URL}),
			credentials.New(credentials.Options{Fields: []cardea.Field{{Name: "password"}}, Authorize: check}),
			email.New(email.Options{
				From: "site@example.com", Sender: p.mails,
				AddressLimit: ratelimit.Rate{Count: 1000, Within: time.Hour},
				ClientLimit:  ratelimit.Rate{Count: 1000, Within: time.Hour},
			}),
		},
		Callbacks: cardea.Callbacks{SignIn: allowSignIn, JWT: rename},
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if p.config.Generation == "v4" {
		c.Protocol = cardea.ProtocolV4
	}
	if p.config.Pages != nil {
		own := p.config.Pages
		c.Pages = cardea.Pages{
			SignIn: own.SignIn, SignOut: own.SignOut, Error: own.Error, VerifyRequest: own.VerifyRequest,
			NewUser: own.NewUser,
		}
	}
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(auth)
	t.Cleanup(server.Close)
	return server.URL
}

// The callbacks decide as those of server.mjs: check by the password, allowSignIn by the address.

func check(_ context.Context, in credentials.Input) (*cardea.User, error) {
	switch in.Get("password") {
	case "right":
		return &cardea.User{ID: annID, Name: "Ann Example", Email: "ann@example.com"}, nil
	case "locked":
		return nil, credentials.Refuse("locked")
	case "broken":
		return nil, errors.New("the database is away")
	}
	return nil, credentials.Refuse("")
}

func allowSignIn(_ context.Context, in *cardea.SignIn) (string, error) {
	switch {
	case strings.HasPrefix(in.User.Email, "denied"):
		return "", errors.New("not this one")
	case strings.HasPrefix(in.User.Email, "elsewhere"):
		return "/elsewhere", nil
	}
	return "", nil
}

func rename(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
	if change.Trigger != cardea.TriggerUpdate {
		return change.Claims, nil
	}
	var update struct {
		Name string
		Fail bool
	}
	if err := decode(change.Update, &update); err != nil || update.Fail {
		return nil, errors.New("update refused")
	}
	if update.Name != "" {
		change.Claims["name"] = update.Name
	}
	return change.Claims, nil
}
