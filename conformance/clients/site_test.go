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
	"github.com/cardea-auth/cardea/provider"
)

// site is an application whose front end is a client's: Cardea, and the page at every other path,
// on one origin. An identity provider, "idp", whose page asks who signs in, is on another; mails go
// to a mail server.
type site struct {
	URL     string
	issuer  *cardeatest.Issuer
	mails   *cardeatest.Mailbox
	adapter *gormadapter.Adapter
}

const (
	password  = "open sesame, if you please"
	unwelcome = "mallory@example.com"
)

// newSite starts the application with a script that bundle made.
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
	s.URL = "http://localhost:" + port // another site than the identity provider's, to a browser
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
		Callbacks: cardea.Callbacks{SignIn: welcome, JWT: renameToken, Session: s.rename},
		Logger:    slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	change(&c)
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
	front.Start()
	t.Cleanup(front.Close)
	return s
}

// servePage serves the page under a policy that any other origin, and any script in the page, would
// violate.
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

// newStore makes an empty database, but for Bob, who has a password.
func newStore(t *testing.T) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: filepath.Join(t.TempDir(), "db.sqlite")})
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

// check knows Bob and his password.
func (s *site) check(ctx context.Context, in credentials.Input) (*cardea.User, error) {
	switch {
	case in.Get("username") == "locked":
		return nil, credentials.Refuse("locked")
	case in.Get("username") != "bob" || in.Get("password") != password:
		return nil, credentials.Refuse("")
	}
	return s.adapter.UserByID(ctx, "bob")
}

func welcome(_ context.Context, in *cardea.SignIn) (string, error) {
	if in.User.Email == unwelcome {
		return "", errors.New("not welcome")
	}
	return "", nil
}

// renameToken and rename do what update({ name }) asks for, by either strategy.
func renameToken(_ context.Context, c *cardea.TokenChange) (cardea.Claims, error) {
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
