package clients

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// site is an application with Cardea and, at every other path of the same origin, the page with the
// client. Its identity provider, "idp", is on another origin and asks on a page who signs in. Mails
// go to a mail server.
type site struct {
	URL     string
	issuer  *cardeatest.Issuer
	mails   *cardeatest.Mailbox
	adapter *gormadapter.Adapter
}

const (
	password    = "open sesame, if you please"
	deniedEmail = "mallory@example.com"
)

// newSite starts the application with a script that bundle has built. It is on https if BaseURL is.
func newSite(t *testing.T, script string, change func(*cardea.Config)) *site {
	t.Helper()
	s := &site{issuer: newIssuer(t), adapter: newStore(t)}
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	s.mails = server.Mails
	front := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://localhost:" + port // for a browser another site than the identity provider's 127.0.0.1
	c := cardea.Config{
		Secret:  strings.Repeat("s", 32),
		BaseURL: s.URL,
		Adapter: s.adapter,
		Providers: []cardea.Provider{
			provider.OIDC("idp", "Identity Provider",
				provider.Client{ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL}),
			email.New(email.Options{
				From: "Example <no-reply@example.com>", Sender: &email.SMTP{Host: server.Host, Port: server.Port},
			}),
			credentials.New(credentials.Options{
				Fields: []cardea.Field{
					{Name: "username", Required: true}, {Name: "password", Type: "password", Required: true},
				},
				Authorize: s.check,
			}),
		},
		Callbacks: cardea.Callbacks{SignIn: allowSignIn, JWT: renameToken, Session: s.rename},
		Logger:    slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	change(&c)
	s.URL = c.BaseURL
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.HandleFunc("/app.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, script) })
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", servePage)
	front.Config.Handler = mux
	if strings.HasPrefix(s.URL, "https:") {
		front.StartTLS()
	} else {
		front.Start()
	}
	t.Cleanup(front.Close)
	return s
}

// servePage serves the page with a Content Security Policy that forbids other origins and inline
// scripts.
func servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'")
	http.ServeFile(w, r, filepath.Join("testdata", "app.html"))
}

func newIssuer(t *testing.T) *cardeatest.Issuer {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := cardeatest.NewLocalIssuer("http://"+server.Listener.Addr().String(), "app", "secret")
	server.Config.Handler = issuer
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// newStore creates a database with one user, Bob, who has a password.
func newStore(t *testing.T) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(gormadapter.Options{
		Driver: sqlite.Driver, DBName: filepath.Join(t.TempDir(), "db.sqlite"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	bob := &cardea.User{ID: "bob", Name: "Bob", Email: "bob@example.com", EmailVerified: time.Now()}
	if err := errors.Join(a.Migrate(t.Context()), a.CreateUser(t.Context(), bob)); err != nil {
		t.Fatal(err)
	}
	return a
}

// check accepts Bob with his password.
func (s *site) check(ctx context.Context, in credentials.Input) (*cardea.User, error) {
	switch {
	case in.Get("username") == "locked":
		return nil, credentials.Refuse("locked")
	case in.Get("username") != "bob" || in.Get("password") != password:
		return nil, credentials.Refuse("")
	}
	return s.adapter.UserByID(ctx, "bob")
}

func allowSignIn(_ context.Context, in *cardea.SignIn) (string, error) {
	if in.User.Email == deniedEmail {
		return "", errors.New("not welcome")
	}
	return "", nil
}

// renameToken and rename change the name to that of update({ name }): in a JWT, and in the
// database.
func renameToken(_ context.Context, c *cardea.TokenChange) (oauth.Claims, error) {
	if name := newName(c.Trigger, c.Update); name != "" {
		c.Claims["name"] = name
	}
	return c.Claims, nil
}

func (s *site) rename(ctx context.Context, v *cardea.SessionView) error {
	name := newName(v.Trigger, v.Update)
	if name == "" || v.Session.Claims != nil {
		return nil
	}
	u := *v.Session.User
	u.Name = name
	v.User["name"] = name
	return s.adapter.UpdateUser(ctx, &u)
}

func newName(trigger cardea.Trigger, update json.RawMessage) string {
	var data struct{ Name string }
	if trigger != cardea.TriggerUpdate || json.Unmarshal(update, &data) != nil {
		return ""
	}
	return data.Name
}
