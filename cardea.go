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

// Auth signs people in. It is the http.Handler for everything under the base path, and knows the
// session of any other request through [Auth.Load], [Auth.Require] and [Handle]. It is made by
// [New], never changes, and is safe for concurrent use.
type Auth struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	origins  origins
	crossing *http.CrossOriginProtection
	csrf     csrf
	sealer   *seal.Sealer
	protocol *generation
	plain    cookie.Names // on http
	secure   cookie.Names // on https
	clients  map[string]*oauthClient
	mailers  map[string]*mailer
	pages    *page.Pages
	sessions sessions
	rows     *rowSessions   // with the Database strategy, else nil
	tokens   *tokenSessions // with the JWT strategy, else nil
	spent    ledger         // attempts that came back
	renewals flights        // of access tokens
	reports  *limiter       // of what browsers have logged
}

// New makes the handler. An error lists every fault of the configuration, one a line, each with the
// name of its field and what to do about it. New connects to nothing: a provider or a database that
// is away shows when it is used.
func New(c Config) (*Auth, error) {
	c = c.withDefaults()
	problems := []error{c.validate()}
	a := &Auth{
		config:  c,
		log:     c.Logger,
		now:     time.Now,
		csrf:    csrf{append([]string{c.Secret}, c.PreviousSecrets...)},
		clients: map[string]*oauthClient{},
		mailers: map[string]*mailer{},
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
	a.protocol = &generations[c.Protocol]
	a.plain, a.secure = a.cookieNames(false), a.cookieNames(true)
	a.sealer = seal.New(a.csrf.secrets, a.protocol.scheme)
	for _, p := range c.Providers {
		switch p := p.(type) {
		case *OAuthProvider:
			client := newOAuthClient(p, c.HTTPClient, a.clock)
			if client.prover, err = p.newProver(c.Secret); err != nil {
				return nil, fmt.Errorf("cardea: provider %q: %w", p.ID, err)
			}
			a.clients[p.ID] = client
		case *EmailProvider:
			a.mailers[p.ID] = newMailer(p, c.Adapter.(TokenStore))
		}
	}
	a.reports = newLimiter(reportLimit)
	a.openSessions()
	return a, nil
}

func (a *Auth) cookieNames(secure bool) cookie.Names {
	n := a.protocol.names(secure)
	if prefix := a.config.CookiePrefix; prefix != "" {
		n = n.WithCookiePrefix(prefix)
	}
	n.Domain = a.config.Session.CookieDomain
	return n
}

func (a *Auth) clock() time.Time { return a.now() }

func (a *Auth) openSessions() {
	if a.config.Session.Strategy == StrategyDatabase {
		a.rows = &rowSessions{store: a.config.Adapter.(SessionStore), config: a.config.Session, log: a.log}
		a.sessions = a.rows
		return
	}
	a.tokens = &tokenSessions{
		sealer: a.sealer, maxAge: a.config.Session.MaxAge, change: a.config.Callbacks.JWT, log: a.log,
	}
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
		button := page.Provider{
			ID: id, Name: name, Kind: page.OAuth, Action: a.config.BasePath + "/signin/" + id,
			BrandColor: style.BrandColor, Logo: style.Logo,
		}
		switch p := p.(type) {
		case *CredentialsProvider:
			button.Kind, button.Action, button.Fields = page.Credentials, a.config.BasePath+"/callback/"+id, p.inputs()
		case *EmailProvider:
			button.Kind = page.Email
		}
		list = append(list, button)
	}
	return list
}

// route is an endpoint: what it needs is said here, so that none can be added without saying it.
type route struct {
	method   string
	action   string
	provider segment
	csrf     bool // the request must prove that a page of this site sent it
	serve    func(*exchange) error
}

type segment int

const (
	noProvider segment = iota
	optionalProvider
	needsProvider
	codeOfV4 // no provider, but in v4 maybe the code of a failure
)

// routes is every endpoint there is; anything else is a bad request.
func routes() []route {
	return []route{
		{http.MethodGet, "providers", noProvider, false, (*exchange).getProviders},
		{http.MethodGet, "session", noProvider, false, (*exchange).getSession},
		{http.MethodPost, "session", noProvider, true, (*exchange).postSession},
		{http.MethodGet, "csrf", noProvider, false, (*exchange).getCSRF},
		{http.MethodGet, "signin", codeOfV4, false, (*exchange).getSignIn},
		{http.MethodPost, "signin", optionalProvider, true, (*exchange).postSignIn},
		// state and PKCE prove where it comes from
		{http.MethodGet, "callback", needsProvider, false, (*exchange).getCallback},
		{http.MethodPost, "callback", needsProvider, true, (*exchange).postCallback},
		{http.MethodGet, "signout", noProvider, false, (*exchange).getSignOut},
		{http.MethodPost, "signout", noProvider, true, (*exchange).postSignOut},
		{http.MethodGet, "verify-request", noProvider, false, (*exchange).getVerifyRequest},
		{http.MethodGet, "error", codeOfV4, false, (*exchange).getError},
		// changes nothing; sent by browsers that have no token
		{http.MethodPost, "_log", noProvider, false, (*exchange).postLog},
	}
}

var routeTable = routes()

// ServeHTTP serves the endpoints of Auth.js under the base path: providers, session, csrf, signin,
// callback, signout, verify-request, error.
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
		writeJSON(w, http.StatusBadRequest,
			map[string]string{"message": "This host is not one of this site. The server's log says more."})
		return
	}
	v.provider = provider
	if r.Method == http.MethodPost {
		if err := v.readForm(); err != nil {
			badRequest(w)
			return
		}
	}
	if route.action != "providers" && !v.fromProvider(route) {
		v.ready()
	}
	if err := v.serve(route); err != nil {
		v.fail(err)
	}
}

// route finds the endpoint of a request. Paths are taken as they are: no cleaning, no other case,
// so that nothing in front of this handler can see another path than it does.
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
	t := routeTable[i]
	if t.provider == noProvider && provider != "" {
		return route{}, "", false
	}
	if provider == "undefined" { // what a script writes that has none
		provider = ""
	}
	if t.provider == needsProvider && provider == "" || t.provider == codeOfV4 && provider != "" &&
		!a.protocol.codeInPath {
		return route{}, "", false
	}
	return t, provider, true
}

// serve runs an endpoint behind the check that it declares.
func (v *exchange) serve(t route) error {
	if t.csrf && !v.fromProvider(t) && !v.sentByUs() {
		return fail(CodeMissingCSRF, "POST %s: the CSRF token or the origin is not this site's", t.action)
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

// PurgeExpired removes sessions and verification tokens that have expired, in small batches, and
// returns how many. Expired ones are never honoured and mostly removed when met; an application
// with a Database strategy may run this once a day for the rest. It stops when ctx ends, with what
// it has removed so far.
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

func purge(
	ctx context.Context, batch func(context.Context, time.Time, int) (int, error), before time.Time,
) (int, error) {
	for total := 0; ; {
		n, err := batch(ctx, before, purgeBatch)
		if total += n; err != nil || n < purgeBatch {
			return total, err
		}
	}
}
