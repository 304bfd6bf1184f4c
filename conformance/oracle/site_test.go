package oracle_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

const secret = "a secret of at least 32 bytes, only for tests"

// setting is a version of Auth.js on http or on https. Names of cookies, keys and sizes depend on
// it.
type setting struct {
	generation string // v5 or v4, as oracle.mjs calls it
	protocol   cardea.Protocol
	version    authjs.Version
	session    string // the name of the session cookie
	salt       string // of the key that encrypts sessions
	chunk      int    // the longest value of one session cookie
	secure     bool
}

func (s setting) String() string {
	if s.secure {
		return s.generation + " on https"
	}
	return s.generation + " on http"
}

var settings = []setting{
	{"v5", cardea.ProtocolV5, authjs.VersionV5, "authjs.session-token", "authjs.session-token", 3936, false},
	{"v5", cardea.ProtocolV5, authjs.VersionV5, "__Secure-authjs.session-token", "__Secure-authjs.session-token", 3936,
		true},
	{"v4", cardea.ProtocolV4, authjs.VersionV4, "next-auth.session-token", "", 3933, false},
	{"v4", cardea.ProtocolV4, authjs.VersionV4, "__Secure-next-auth.session-token", "", 3933, true},
}

// server is one of the two servers, which answer requests to the same origin.
type server interface {
	String() string
	answer(t *testing.T, r request) answer
}

type request struct {
	method, path string // below the base path
	cookies      string
	form         map[string]string
}

type answer struct {
	Status   int
	Location string
	Cookies  []string // the Set-Cookie headers
	Body     string
	Tokens   []verificationToken // the rows that Node has after the request
	Mails    []struct{ To, URL string }
}

type verificationToken struct {
	Identifier string `json:"identifier"`
	Token      string `json:"token"`
	Expires    string `json:"expires"`
}

// cardeaSite is a site with Cardea: JWT sessions, sign-in as Ann with the password "right", and
// sign-in by mail.
type cardeaSite struct {
	*httptest.Server
	store *store
	mails cardeatest.Mailbox
}

func newCardea(t *testing.T, s setting, change func(*cardea.Config)) *cardeaSite {
	t.Helper()
	site := &cardeaSite{store: &store{Adapter: memadapter.New()}}
	ann := &cardea.User{Name: "Ann Example", Email: "ann@example.com"}
	if err := site.store.CreateUser(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	c := cardea.Config{
		Secret: secret, Protocol: s.protocol, Adapter: site.store, Logger: slog.New(slog.DiscardHandler),
		Session: cardea.SessionConfig{Strategy: cardea.StrategyJWT},
		Providers: []cardea.Provider{
			credentials.New(credentials.Options{
				Fields: []cardea.Field{{Name: "password"}},
				Authorize: func(_ context.Context, in credentials.Input) (*cardea.User, error) {
					if in.Get("password") != "right" {
						return nil, credentials.Refuse("")
					}
					return ann, nil
				},
			}),
			email.New(email.Options{From: "site@example.com", Sender: &site.mails}),
		},
	}
	if change != nil {
		change(&c)
	}
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if site.Server = httptest.NewServer(auth); s.secure {
		site.Server.Close()
		site.Server = httptest.NewTLSServer(auth)
	}
	t.Cleanup(site.Server.Close)
	site.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return site
}

func (s *cardeaSite) String() string { return "Cardea" }

func (s *cardeaSite) answer(t *testing.T, r request) answer {
	t.Helper()
	form := url.Values{}
	for name, value := range r.form {
		form.Set(name, value)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, s.URL+"/api/auth"+r.path,
		strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", r.cookies)
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{
		Status: res.StatusCode, Location: res.Header.Get("Location"), Cookies: res.Header.Values("Set-Cookie"),
		Body: string(body),
	}
}

// store is a store that also lists the verification tokens that were ever stored.
type store struct {
	*memadapter.Adapter
	mu     sync.Mutex
	tokens []cardea.VerificationToken
}

func (s *store) CreateVerificationToken(ctx context.Context, row *cardea.VerificationToken) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, *row)
	return s.Adapter.CreateVerificationToken(ctx, row)
}

// nodeSite is a server of the Node packages with the same configuration and the same origin as a
// cardeaSite. It keeps nothing between requests but these fields.
type nodeSite struct {
	setting setting
	node    *node.Process
	origin  string

	Secret any                 `json:"secret"`          // a string, or in v5 a list of strings
	Large  int                 `json:"large,omitempty"` // the length of a claim that sessions get at sign-in
	Tokens []verificationToken `json:"tokens,omitempty"`
}

// newNodeSite returns a Node server at the origin of a site, with a secret or a list of secrets.
func (o oracle) newNodeSite(site *cardeaSite, secret any) *nodeSite {
	return &nodeSite{setting: o.setting, node: o.node, origin: site.URL, Secret: secret}
}

func (s *nodeSite) String() string { return "Node" }

func (s *nodeSite) answer(t *testing.T, r request) answer {
	t.Helper()
	req := map[string]any{
		"method": r.method, "url": s.origin + "/api/auth" + r.path, "headers": map[string]string{"cookie": r.cookies},
	}
	if r.form != nil {
		req["form"] = r.form
	}
	var a answer
	s.node.Call(t, &a, "visit", s.setting.generation, s, req)
	s.Tokens = a.Tokens
	return a
}
