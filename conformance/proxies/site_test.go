package proxies

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// What browsers see, as in docs/deploying.md.
const (
	host   = "app.example.com"
	origin = "https://" + host
)

// Addresses of the tests. The first two are of this machine.
const (
	visitor = "127.0.0.2"
	other   = "127.0.0.3" // a proxy in front of the one that is tested
	madeUp  = "203.0.113.9"
)

// site is a site behind a proxy.
type site struct {
	behind      string           // its own address
	second      *httptest.Server // another instance
	ip          string           // of the proxy
	http, https string           // addresses of the proxy
	away        atomic.Bool      // whether its database is away
	died        atomic.Int64     // how often an instance has died with a form
	log         lockedBuffer
}

// newSite starts a site as the page says: it knows its URL, and trusts the proxy of this machine
// and the one in front of it.
func newSite(t *testing.T) *site {
	t.Helper()
	issuer := cardeatest.NewIssuer(t)
	ip := newIP(t)
	s := &site{ip: ip, http: ip + ":18080", https: ip + ":18443"}
	auth, err := cardea.New(cardea.Config{
		Secret:         rand.Text() + rand.Text(),
		BaseURL:        origin,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix(other + "/32")},
		Adapter:        memadapter.New(),
		Providers: []cardea.Provider{provider.OIDC("idp", "the provider",
			provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL})},
		Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.HandleFunc("GET /healthz/ready", func(w http.ResponseWriter, _ *http.Request) {
		if s.away.Load() {
			http.Error(w, "the database is away", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /dies", func(http.ResponseWriter, *http.Request) {
		s.died.Add(1)
		panic(http.ErrAbortHandler) // closes the connection without an answer
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.second = httptest.NewServer(mux)
	t.Cleanup(s.second.Close)
	s.behind = strings.TrimPrefix(server.URL, "http://")
	return s
}

func (s *site) lines() []string { return strings.Split(s.log.String(), "\n") }

// newIP returns an address of this machine that no other test has, so that the ports of a proxy are
// free.
func newIP(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux answers on all of 127.0.0.0/8")
	}
	ip := [4]byte{127}
	rand.Read(ip[1:])
	ip[1] |= 1 // not 127.0.0.1, and not that of the visitor
	return netip.AddrFrom4(ip).String()
}

// lockedBuffer is a buffer for several writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
