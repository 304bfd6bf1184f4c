package cardea

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Auth signs people in. It is the http.Handler for everything under the base path, and knows the session of any other request through
// [Auth.Load], [Auth.Require] and [Handle]. It is made by [New], never changes, and is safe for concurrent use.
type Auth struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	origins  origins
	crossing *http.CrossOriginProtection
	csrf     csrf
	sealer   *seal.Sealer
	plain    cookie.Names // on http
	secure   cookie.Names // on https
	clients  map[string]*oauthClient
	pages    *page.Pages
	sessions sessions
	rows     *rowSessions   // with the Database strategy, else nil
	tokens   *tokenSessions // with the JWT strategy, else nil
	spent    ledger         // attempts that came back
}

// New makes the handler. An error lists every fault of the configuration, one a line, each with the name of its field and what to do about it.
// New connects to nothing: a provider or a database that is away shows when it is used.
func New(c Config) (*Auth, error) {
	c = c.withDefaults()
	problems := []error{c.validate()}
	a := &Auth{
		config:  c,
		log:     c.Logger,
		now:     time.Now,
		csrf:    csrf{append([]string{c.Secret}, c.PreviousSecrets...)},
		plain:   cookie.NamesV5(false),
		secure:  cookie.NamesV5(true),
		clients: map[string]*oauthClient{},
	}
	pages, err := page.New(page.Theme(c.Theme), a.buttons())
	if err != nil {
		problems = append(problems, fmt.Errorf("cardea: Config.%w", err))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	a.pages = pages
	a.origins, _ = newOrigins(c)
	a.crossing = http.NewCrossOriginProtection()
	a.sealer = seal.New(a.csrf.secrets, seal.V5)
	for _, p := range c.Providers {
		if p, ok := p.(*OAuthProvider); ok {
			a.clients[p.ID] = newOAuthClient(p, c.HTTPClient, a.clock)
		}
	}
	a.openSessions()
	return a, nil
}

func (a *Auth) clock() time.Time { return a.now() }

func (a *Auth) openSessions() {
	if a.config.Session.Strategy == Database {
		a.rows = &rowSessions{store: a.config.Adapter.(SessionStore), config: a.config.Session, log: a.log}
		a.sessions = a.rows
		return
	}
	a.tokens = &tokenSessions{sealer: a.sealer, maxAge: a.config.Session.MaxAge, change: a.config.Callbacks.JWT, log: a.log}
	a.sessions = a.tokens
}

// buttons is the sign-in page's list of providers.
func (a *Auth) buttons() []page.Provider {
	var list []page.Provider
	for _, p := range a.config.Providers {
		if p == nil {
			continue
		}
		id, name, _, style := p.identity()
		list = append(list, page.Provider{
			ID: id, Name: name, Kind: page.OAuth, Action: a.config.BasePath + "/signin/" + id, BrandColor: style.BrandColor, Logo: style.Logo,
		})
	}
	return list
}

// route is an endpoint: what it needs is said here, so that none can be added without saying it.
type route struct {
	method   string
	action   string
	provider segment
	csrf     bool // the request must prove that a page of this site sent it
	serve    func(*visit) error
}

type segment int

const (
	noProvider segment = iota
	optionalProvider
	needsProvider
)

// routes is every endpoint there is; anything else is a bad request.
func routes() []route {
	return []route{
		{http.MethodGet, "providers", noProvider, false, (*visit).getProviders},
		{http.MethodGet, "session", noProvider, false, (*visit).getSession},
		{http.MethodPost, "session", noProvider, true, (*visit).postSession},
		{http.MethodGet, "csrf", noProvider, false, (*visit).getCSRF},
		{http.MethodGet, "signin", noProvider, false, (*visit).getSignIn},
		{http.MethodPost, "signin", optionalProvider, true, (*visit).postSignIn},
		{http.MethodGet, "callback", needsProvider, false, (*visit).getCallback}, // state and PKCE prove where it comes from
		{http.MethodGet, "signout", noProvider, false, (*visit).getSignOut},
		{http.MethodPost, "signout", noProvider, true, (*visit).postSignOut},
		{http.MethodGet, "verify-request", noProvider, false, (*visit).getVerifyRequest},
		{http.MethodGet, "error", noProvider, false, (*visit).getError},
	}
}

var routeTable = routes()

// ServeHTTP serves the endpoints of Auth.js under the base path: providers, session, csrf, signin, callback, signout, verify-request, error.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache, no-store")
	header.Set("Expires", "0")
	header.Set("Pragma", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")

	route, provider, ok := a.route(r)
	if !ok {
		badRequest(w)
		return
	}
	v, err := a.visit(w, r)
	if err != nil {
		a.log.WarnContext(r.Context(), "cardea: request refused", "code", codeOf(err), "cause", err)
		writeJSON(w, http.StatusBadRequest, map[string]string{"message": "This host is not one of this site. The server's log says more."})
		return
	}
	v.provider = provider
	if r.Method == http.MethodPost {
		if err := v.readForm(); err != nil {
			badRequest(w)
			return
		}
	}
	if route.action != "providers" {
		v.ready()
	}
	if err := v.serve(route); err != nil {
		v.fail(err)
	}
}

// route finds the endpoint of a request. Paths are taken as they are: no cleaning, no other case, so that nothing in front of this handler
// can see another path than it does.
func (a *Auth) route(r *http.Request) (found route, provider string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, a.config.BasePath+"/")
	if !ok {
		return route{}, "", false
	}
	action, provider, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	i := slices.IndexFunc(routeTable, func(t route) bool { return t.method == r.Method && t.action == action })
	if i < 0 || strings.Contains(provider, "/") {
		return route{}, "", false
	}
	switch t := routeTable[i]; {
	case t.provider == noProvider && provider != "", t.provider == needsProvider && provider == "":
		return route{}, "", false
	default:
		return t, provider, true
	}
}

// serve runs an endpoint behind the check that it declares.
func (v *visit) serve(t route) error {
	if t.csrf && !v.sentByUs() {
		return fail(MissingCSRF, "POST %s: the CSRF token or the origin is not this site's", t.action)
	}
	return t.serve(v)
}

func badRequest(w http.ResponseWriter) { writeJSON(w, http.StatusBadRequest, "Bad request.") }

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("null")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// PurgeExpired removes sessions and verification tokens that have expired, in small batches, and returns how many. Expired ones are never
// honoured and mostly removed when met; an application with a Database strategy may run this once a day for the rest. It stops when ctx ends,
// with what it has removed so far.
func (a *Auth) PurgeExpired(ctx context.Context) (int, error) {
	total := 0
	if s, ok := a.config.Adapter.(SessionStore); ok {
		n, err := purge(ctx, s.DeleteExpiredSessions, a.now())
		if total += n; err != nil {
			return total, fmt.Errorf("cardea: purge sessions: %w", err)
		}
	}
	if s, ok := a.config.Adapter.(TokenStore); ok {
		n, err := purge(ctx, s.DeleteExpiredVerificationTokens, a.now())
		if total += n; err != nil {
			return total, fmt.Errorf("cardea: purge verification tokens: %w", err)
		}
	}
	return total, nil
}

const purgeBatch = 1000

func purge(ctx context.Context, batch func(context.Context, time.Time, int) (int, error), before time.Time) (int, error) {
	for total := 0; ; {
		n, err := batch(ctx, before, purgeBatch)
		if total += n; err != nil || n < purgeBatch {
			return total, err
		}
	}
}
