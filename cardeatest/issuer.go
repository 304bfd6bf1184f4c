package cardeatest

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Issuer is a fake identity provider: an http.Handler that implements the authorization code flow
// of OAuth 2.0 and OpenID Connect as real providers do, with discovery, PKCE, signed ID tokens,
// userinfo, refresh tokens for one use, and key rotation. It refuses the requests that real
// providers refuse, but asks for no password. With [Issuer.Misbehave] it acts as a hostile or
// broken provider. All methods may be called concurrently; the fields must not be changed.
//
// If the scope contains openid, it issues an ID token and acts as an OpenID provider. Otherwise it
// acts as a plain OAuth 2.0 server. In addition to the endpoints that discovery lists it has
// URL/user and URL/user/emails, which answer as GitHub's do.
//
// Anybody can sign in as anybody, so it must never be reachable in production.
type Issuer struct {
	URL          string // the issuer identifier, and the base of all endpoints
	ClientID     string // of the client that is registered from the start
	ClientSecret string `json:"-"` // of that client; "" for a public client

	path        string // of URL, without a slash at its end
	routes      *http.ServeMux
	interactive bool          // /authorize shows a page
	stopped     chan struct{} // closed to release requests that hang
	stranger    *Issuer       // nil in a stranger
	mutualURL   string        // of the listener that requires client certificates, or ""
	certificate *x509.Certificate

	mu       sync.Mutex
	now      func() time.Time
	clients  map[string]client
	persons  []Person
	next     string           // subject of the person who signs in next
	codes    map[string]grant // by code, unused ones
	access   map[string]grant // by access token
	refresh  map[string]grant // by refresh token, used ones too
	held     map[Endpoint]chan struct{}
	key      signingKey
	requests map[Endpoint]int
	faults   map[Misbehaviour]bool

	pushes      map[string]pushed // by request_uri
	requirePush bool
	nonce       string               // the nonce that DPoP proofs must have
	used        map[string]time.Time // the jti values that were used, each with the time to forget it
}

// endpoints serves what the visitor's browser and the public see of an Issuer, and its userinfo.
type endpoints struct{ *Issuer }

// tokenEndpoint serves what clients authenticate at: tokens and pushed requests.
type tokenEndpoint struct{ *Issuer }

type client struct {
	secret       string   // empty for a public client
	redirectURIs []string // any is allowed if empty
	registration Registration
}

// NewIssuer starts an identity provider on a loopback address. It ends with the test.
//
// /authorize redirects back at once. The person who signs in is the one that the login_hint
// parameter names, or else the one given to [Issuer.Next] last, or else the first of persons.
// Without persons it knows Ann Example, with the subject 1001 and the verified address
// ann@example.com.
//
// One confidential client is registered, with ClientID and ClientSecret; it may use any redirect
// URI.
func NewIssuer(t testing.TB, persons ...Person) *Issuer {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	i := newIssuer("http://"+server.Listener.Addr().String(), "app", rand.Text(), persons)
	server.Config.Handler = i
	server.Start()
	t.Cleanup(func() {
		close(i.stopped)
		server.Close()
	})
	return i
}

// NewLocalIssuer returns an identity provider for development, which the caller serves at url, such
// as http://localhost:3000/idp. The requests must have the path of url.
//
// /authorize shows a page on which the visitor picks one of the persons, or types a name and an
// e-mail address. The client may use any redirect URI. An empty clientSecret makes it a public
// client.
func NewLocalIssuer(url, clientID, clientSecret string, persons ...Person) *Issuer {
	i := newIssuer(url, clientID, clientSecret, persons)
	i.interactive = true
	return i
}

func newIssuer(issuer, clientID, clientSecret string, persons []Person) *Issuer {
	i := bareIssuer(issuer, clientID, clientSecret, persons)
	if u, err := url.Parse(issuer); err == nil {
		i.path = strings.TrimSuffix(u.Path, "/")
	}
	i.stranger = bareIssuer(strings.TrimSuffix(issuer, "/")+"/stranger", clientID, clientSecret, i.persons)
	i.stranger.path = "/stranger"
	i.routes.Handle("/stranger/", i.stranger)
	return i
}

func bareIssuer(issuer, clientID, clientSecret string, persons []Person) *Issuer {
	if len(persons) == 0 {
		persons = []Person{{Subject: "1001", Name: "Ann Example", Email: "ann@example.com", EmailVerified: true}}
	}
	i := &Issuer{
		URL: issuer, ClientID: clientID, ClientSecret: clientSecret,
		routes: http.NewServeMux(), stopped: make(chan struct{}), now: time.Now,
		clients: map[string]client{clientID: {secret: clientSecret}},
		persons: slices.Clone(persons), next: persons[0].Subject,
		codes: map[string]grant{}, access: map[string]grant{}, refresh: map[string]grant{},
		held: map[Endpoint]chan struct{}{},
		key:  newKey("ES256"), requests: map[Endpoint]int{}, faults: map[Misbehaviour]bool{},
		pushes: map[string]pushed{}, used: map[string]time.Time{},
	}
	e, token := endpoints{i}, tokenEndpoint{i}
	i.route("GET /.well-known/openid-configuration", Discovery, e.serveDiscovery)
	i.route("/authorize", Authorize, e.serveAuthorize)
	i.route("POST /token", Token, token.serveToken)
	i.route("POST /par", PushedAuthorization, token.servePush)
	i.route("GET /jwks", JWKS, e.serveJWKS)
	i.route("/userinfo", Userinfo, e.withGrant(e.serveUserinfo))
	i.route("GET /user", User, e.withGrant(e.serveUser))
	i.route("GET /user/emails", Emails, e.withGrant(e.serveEmails))
	return i
}

// ServeHTTP serves the provider's endpoints, below the path of its URL.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.StripPrefix(i.path, i.routes).ServeHTTP(w, r)
}

// Endpoint is one of the provider's endpoints.
type Endpoint string

// The endpoints.
const (
	Discovery           Endpoint = "discovery" // URL/.well-known/openid-configuration
	Authorize           Endpoint = "authorize" // URL/authorize
	Token               Endpoint = "token"     // URL/token
	PushedAuthorization Endpoint = "par"       // URL/par
	JWKS                Endpoint = "jwks"      // URL/jwks
	Userinfo            Endpoint = "userinfo"  // URL/userinfo
	User                Endpoint = "user"      // URL/user: a profile like GitHub's
	Emails              Endpoint = "emails"    // URL/user/emails: a list of addresses like GitHub's
)

func (i *Issuer) route(pattern string, e Endpoint, serve http.HandlerFunc) {
	i.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.requests[e]++
		i.mu.Unlock()
		w.Header().Set("Cache-Control", "no-store")
		if i.waits(r, e) && !i.breaks(w, r, e) {
			serve(w, r)
		}
	})
}

// Requests returns how many requests an endpoint has received.
func (i *Issuer) Requests(e Endpoint) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests[e]
}

// Stranger returns the issuer at URL/stranger, the attacker's in misbehaviours that need one. It
// has the same first client and the same persons, but other keys, and serves all endpoints. Its
// request counts show whether the client was lured to it. It is nil for a stranger.
func (i *Issuer) Stranger() *Issuer { return i.stranger }

// AddClient registers a client, or replaces the one with that ID. An empty secret makes it a public
// client. Its redirect URIs must equal one of redirectURIs byte for byte; without redirectURIs any
// is allowed.
func (i *Issuer) AddClient(id, secret string, redirectURIs ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.clients[id] = client{secret: secret, redirectURIs: redirectURIs}
}

// Next makes p the person who signs in from now on if login_hint names no known person. p replaces
// the person with the same subject. Sign-ins that have begun keep their person. Next has no effect
// on an issuer of [NewLocalIssuer], which asks the visitor.
func (i *Issuer) Next(p Person) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.addPerson(p)
	i.next = p.Subject
}

// SetClock makes the issuer use now instead of time.Now.
func (i *Issuer) SetClock(now func() time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = now
}

// serveDiscovery answers with the document of OpenID Connect Discovery 1.0 § 3.
func (e endpoints) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	base := strings.TrimSuffix(e.URL, "/")
	document := map[string]any{
		"issuer":                                         e.URL,
		"authorization_endpoint":                         base + "/authorize",
		"token_endpoint":                                 base + "/token",
		"userinfo_endpoint":                              base + "/userinfo",
		"jwks_uri":                                       base + "/jwks",
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query", formPost},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                        []string{"public"},
		"scopes_supported":                               []string{"openid", "profile", "email", "offline_access"},
		"id_token_signing_alg_values_supported":          []string{string(e.key.alg)},
		"token_endpoint_auth_methods_supported":          e.methods(),
		"pushed_authorization_request_endpoint":          base + "/par",
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"dpop_signing_alg_values_supported":              []string{"ES256"},
	}
	if e.requirePush {
		document["require_pushed_authorization_requests"] = true
	}
	if e.mutualURL != "" {
		document["mtls_endpoint_aliases"] = e.aliases()
	}
	e.spoil(document, discoveryFaults)
	answer(w, http.StatusOK, document)
}

// spoil applies the active misbehaviours of table to m, which is about to be sent. mu is held.
func (i *Issuer) spoil(m map[string]any, table map[Misbehaviour]func(map[string]any)) {
	for _, fault := range slices.Sorted(maps.Keys(table)) {
		if i.faults[fault] {
			table[fault](m)
		}
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // an error means that the client has gone
}

// refuse answers with an error by RFC 6749 § 5.2.
func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}
