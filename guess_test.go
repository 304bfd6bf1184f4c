package cardea_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// passwordSite is a site with a form for a name and a password. Each user has the name and the
// address as names, and the password in the map.
type passwordSite struct {
	*site
	checks    *atomic.Int32 // how many passwords were verified
	passwords *sync.Map     // by user ID
}

func newPasswordSite(t *testing.T, change func(*cardea.Config)) passwordSite {
	t.Helper()
	p := passwordSite{checks: new(atomic.Int32), passwords: new(sync.Map)}
	p.site = newSite(t, func(c *cardea.Config) {
		store := c.Adapter
		if change != nil {
			change(c)
			store = c.Adapter
		}
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields: []cardea.Field{
				{Name: "name", Required: true}, {Name: "password", Type: "password", Required: true},
			},
			Password: &credentials.Password{
				Find: func(ctx context.Context, in credentials.Input) (*cardea.User, string, error) {
					name := strings.ToLower(strings.TrimSpace(in.Get("name")))
					if !strings.Contains(name, "@") {
						name += "@example.com"
					}
					u, err := store.UserByEmail(ctx, name)
					if err != nil {
						return nil, "", err
					}
					hash, _ := p.passwords.LoadOrStore(u.ID, "right")
					return u, hash.(string), nil
				},
				Verify: func(hash, password string) (bool, error) {
					p.checks.Add(1)
					return hash == password, nil
				},
				Decoy: "nobody's",
			},
		}))
	})
	return p
}

// tries posts a name and a password from a peer, as a browser or, if it is nil, as a new one.
func (p passwordSite) tries(
	t *testing.T, b *cardeatest.Browser, peer, name, password string, change ...func(*http.Request),
) *http.Response {
	t.Helper()
	if b == nil {
		b = newBrowser(t, p.URL)
	}
	form := url.Values{"csrfToken": {b.CSRFToken()}, "name": {name}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, p.URL+"/api/auth/callback/credentials", strings.NewReader(form.Encode()))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookiesOf(b).String())
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	p.auth.ServeHTTP(w, r)
	res := w.Result()
	if site, err := url.Parse(p.URL); err == nil {
		b.Jar.SetCookies(site, res.Cookies())
	}
	return res
}

// peer returns the address of the n-th client.
func peer(n int) string { return fmt.Sprintf("192.0.%d.%d:1", n/250, n%250) }

// Somebody who guesses the password of an account has as many tries as the limit says, whatever
// they change: the spelling of the name, the address that they have, what a proxy that is not
// trusted seems to say. It is the same for an account that does not exist.
func TestGuessesOfAPasswordAreLimited(t *testing.T) {
	t.Parallel()
	names := []string{"ann", " Ann", "ANN ", "ａｎｎ", "á\u0301nn", "an\u200bn", "𝐚nn", "a nn"}
	header := func(name string, i int) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, fmt.Sprintf("198.51.100.%d", i)) }
	}
	for _, tc := range []struct {
		what string
		try  func(t *testing.T, p passwordSite, i int) *http.Response
		want int
	}{
		{"one client", func(t *testing.T, p passwordSite, _ int) *http.Response {
			return p.tries(t, nil, peer(1), "ann", "wrong")
		}, 5},
		{"an unknown account", func(t *testing.T, p passwordSite, _ int) *http.Response {
			return p.tries(t, nil, peer(1), "nobody", "wrong")
		}, 5},
		{"many clients", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(i), "ann", "wrong")
		}, 10},
		{"many clients, an unknown account", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(i), "nobody", "wrong")
		}, 10},
		{"spellings", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(1), names[i%len(names)], "wrong")
		}, 5},
		{"spellings and clients", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(i), names[i%len(names)], "wrong")
		}, 10},
		{"name and address", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(i), []string{"ann", "ann@example.com"}[i%2], "wrong")
		}, 10},
		{"many accounts", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(1), fmt.Sprintf("user%d", i), "wrong")
		}, 60},
		{"a /64 network", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, fmt.Sprintf("[2001:db8::%x]:1", i), "ann", "wrong")
		}, 5},
		{"X-Forwarded-For", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(1), "ann", "wrong", header("X-Forwarded-For", i))
		}, 5},
		{"other headers", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, peer(1), "ann", "wrong", header("X-Real-IP", i), header("True-Client-IP", i),
				header("Forwarded", i), header("CF-Connecting-IP", i), header("X-Client-IP", i))
		}, 5},
		{"the left of X-Forwarded-For", func(t *testing.T, p passwordSite, i int) *http.Response {
			return p.tries(t, nil, "203.0.113.9:1", "ann", "wrong", func(r *http.Request) {
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 192.0.2.1", i))
			})
		}, 5},
	} {
		t.Run(tc.what, func(t *testing.T) {
			t.Parallel()
			p := newPasswordSite(t, func(c *cardea.Config) {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("203.0.113.9/32")}
			})
			p.setClock()
			p.newUser(t, "Ann")
			for i := range tc.want + 5 {
				res := tc.try(t, p, i)
				if i >= tc.want {
					checkLimited(t, fmt.Sprint(tc.what, ", try ", i), res)
				} else if to := res.Header.Get("Location"); !strings.Contains(to, "error=CredentialsSignin") {
					t.Errorf("try %d: %s to %s", i, res.Status, to)
				}
			}
			if n := p.checks.Load(); int(n) != tc.want {
				t.Errorf("%d passwords were verified, want %d", n, tc.want)
			}
		})
	}
}

// The answers and headers of a try too many are the same for an account and for none.
func TestTriesTooManyTellNothing(t *testing.T) {
	t.Parallel()
	answers := map[string]bool{}
	for _, name := range []string{"ann", "bob"} {
		p := newPasswordSite(t, nil)
		p.setClock()
		p.newUser(t, "Ann")
		for i := range 12 {
			p.tries(t, nil, peer(i), name, "wrong")
		}
		for _, client := range []string{"", "X-Auth-Return-Redirect"} {
			res := p.tries(t, nil, peer(99), name, "right", func(r *http.Request) {
				if client != "" {
					r.Header.Set(client, "1")
				}
			})
			answer := fmt.Sprint(client, res.Status, res.Header, text(t, res))
			answers[strings.ReplaceAll(answer, p.Listener.Addr().String(), "")] = true
			checkLimited(t, name, res)
		}
	}
	if len(answers) != 2 {
		t.Errorf("the answers differ: %v", answers)
	}
}

// The owner signs in with the browser in which they have before, also from the attacker's address,
// while an attacker has used up every other limit. That browser's tries have a limit too.
func TestNobodyLocksOutTheOwner(t *testing.T) {
	t.Parallel()
	p := newPasswordSite(t, nil)
	now := p.setClock()
	p.newUser(t, "Ann")
	owner := newBrowser(t, p.URL)
	checkRedirect(t, "the owner", p.tries(t, owner, peer(200), "ann", "right"), p.URL)
	flood := func() {
		for i := range 12 {
			p.tries(t, nil, peer(i), "ann", "wrong")
			p.tries(t, nil, peer(1), fmt.Sprintf("user%d", i), "wrong")
		}
		checkLimited(t, "the attacker", p.tries(t, nil, peer(99), "ann", "right"))
	}
	for range 3 {
		flood()
		checkRedirect(t, "the owner", p.tries(t, owner, peer(1), " ANN", "right"), p.URL)
		checkRedirect(t, "the owner, elsewhere", p.tries(t, owner, peer(201), "ann", "right"), p.URL)
	}
	before := p.checks.Load()
	for range 15 {
		p.tries(t, owner, peer(200), "ann", "wrong")
	}
	if n := p.checks.Load() - before; n != 10 {
		t.Errorf("the browser has %d tries, want 10", n)
	}
	now.advance(15 * time.Minute)
	checkRedirect(t, "the owner, later", p.tries(t, owner, peer(200), "ann", "right"), p.URL)
}

// The cookie of a browser is worth nothing for another user, after a change of the password, after
// a year, and on another site.
func TestKnownBrowsersAreNotKnownForEver(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(t *testing.T, p passwordSite, now *clock, ann *cardea.User) string{
		"nothing":      func(*testing.T, passwordSite, *clock, *cardea.User) string { return "ann" },
		"another user": func(*testing.T, passwordSite, *clock, *cardea.User) string { return "bob" },
		"a new password": func(_ *testing.T, p passwordSite, _ *clock, ann *cardea.User) string {
			p.passwords.Store(ann.ID, "new")
			return "ann"
		},
		"a year": func(_ *testing.T, _ passwordSite, now *clock, _ *cardea.User) string {
			now.advance(366 * 24 * time.Hour)
			return "ann"
		},
		"the name of another user": func(t *testing.T, p passwordSite, _ *clock, ann *cardea.User) string {
			ann.Email = "cleo@example.com"
			if err := p.store.UpdateUser(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
			p.newUser(t, "Ann")
			return "ann"
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := newPasswordSite(t, nil)
			now := p.setClock()
			ann := p.newUser(t, "Ann")
			p.newUser(t, "Bob")
			owner := newBrowser(t, p.URL)
			p.tries(t, owner, peer(200), "ann", "right")
			cookie := cookiesOf(owner)
			name := change(t, p, now, ann)
			for i := range 12 {
				p.tries(t, nil, peer(i), name, "wrong")
			}
			b := newBrowser(t, p.URL)
			b.CSRFToken()
			res := p.tries(t, b, peer(201), name, "right", func(r *http.Request) {
				r.Header.Set("Cookie", cookiesOf(b).String()+"; "+deviceCookie+"="+cookie[deviceCookie])
			})
			if limited := res.StatusCode == http.StatusTooManyRequests; limited == (what == "nothing") {
				t.Errorf("%s", res.Status)
			}
		})
	}
}

const deviceCookie = "authjs.device"

// A success gives back its own try. It resets what the client has left for that account, and
// nothing else: whoever signs in to an account of their own gets no more tries for others.
func TestRightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	p := newPasswordSite(t, nil)
	p.setClock()
	for _, name := range []string{"Ann", "Bob", "Cleo"} {
		p.newUser(t, name)
	}
	for range 30 {
		checkRedirect(t, "right", p.tries(t, nil, peer(1), "ann", "right"), p.URL)
	}
	for range 2 {
		for range 4 {
			p.tries(t, nil, peer(2), "ann", "wrong")
		}
		checkRedirect(t, "the fifth", p.tries(t, nil, peer(2), "ann", "right"), p.URL)
	}
	wrong := int32(0)
	guess := func(client int, name string) {
		before := p.checks.Load()
		p.tries(t, nil, peer(client), name, "wrong")
		wrong += p.checks.Load() - before
		p.tries(t, nil, peer(client), "cleo", "right") // an account of the attacker
	}
	for i := range 80 {
		guess(3, fmt.Sprintf("user%d", i))
	}
	for range 9 {
		guess(4, "bob")
	}
	if wrong != 60+5 {
		t.Errorf("%d wrong passwords were verified, want 65", wrong)
	}
}

// If the clock goes back and forth, nobody gets more tries, and nobody waits longer than the limit
// says.
func TestGuessesWhenTheClockJumps(t *testing.T) {
	t.Parallel()
	p := newPasswordSite(t, nil)
	now := p.setClock()
	p.newUser(t, "Ann")
	for i := range 40 {
		p.tries(t, nil, peer(i), "ann", "wrong")
		now.advance([]time.Duration{time.Minute, -time.Minute}[i%2])
	}
	if n := p.checks.Load(); n > 11 {
		t.Errorf("%d passwords were verified", n)
	}
	now.advance(15 * time.Minute)
	checkRedirect(t, "after the time", p.tries(t, nil, peer(99), "ann", "right"), p.URL)
}

// 200 tries at once on two processes, and exactly as many passwords are verified as the limit says.
func TestProcessesCountGuessesTogether(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	process := func() passwordSite { return newPasswordSite(t, func(c *cardea.Config) { c.Adapter = store }) }
	both := []passwordSite{process(), process()}
	if err := store.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	browsers := []*cardeatest.Browser{newBrowser(t, both[0].URL), newBrowser(t, both[1].URL)}
	tokens := []string{browsers[0].CSRFToken(), browsers[1].CSRFToken()}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			form := url.Values{"csrfToken": {tokens[i%2]}, "name": {"ann"}, "password": {"wrong"}}
			r := httptest.NewRequest(http.MethodPost, both[i%2].URL+"/api/auth/callback/credentials",
				strings.NewReader(form.Encode()))
			r.RemoteAddr = peer(i)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", cookiesOf(browsers[i%2]).String())
			both[i%2].auth.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	wg.Wait()
	if n := both[0].checks.Load() + both[1].checks.Load(); n != 10 {
		t.Errorf("%d passwords were verified, want 10", n)
	}
}

// What is counted is deleted when it has no effect any more.
func TestCountsOfGuessesArePurged(t *testing.T) {
	t.Parallel()
	p := newPasswordSite(t, nil)
	now := p.setClock()
	for i := range 50 {
		p.tries(t, nil, peer(i), fmt.Sprintf("user%d", i), "wrong")
	}
	if n, err := p.auth.PurgeExpired(t.Context()); err != nil || n != 0 {
		t.Errorf("%d were deleted at once, %v", n, err)
	}
	now.advance(time.Hour)
	if n, err := p.auth.PurgeExpired(t.Context()); err != nil || n < 200 {
		t.Errorf("%d were deleted after an hour, %v; want 200 or more", n, err)
	}
}

// The limits can be switched off, one by one.
func TestLimitsOfGuessesAreSwitchedOff(t *testing.T) {
	t.Parallel()
	off := ratelimit.InsecureUnlimited()
	p := newPasswordSite(t, func(c *cardea.Config) {
		c.Limits = ratelimit.Config{Account: off, AccountClient: off, Client: off}
	})
	p.setClock()
	for range 100 {
		p.tries(t, nil, "[2001:db8::1]:1", "ann", "wrong")
	}
	if n := p.checks.Load(); n != 100 {
		t.Errorf("%d passwords were verified, want 100", n)
	}
	if n, err := p.store.DeleteExpiredLimits(t.Context(), time.Now().Add(24*time.Hour), 1000); n != 0 || err != nil {
		t.Errorf("%d counts were stored, %v", n, err)
	}
}

// If the store is away, no password is verified, and the answer is 503.
func TestGuessesWithoutTheStore(t *testing.T) {
	t.Parallel()
	p := newPasswordSite(t, func(c *cardea.Config) { c.Limits.Store = &limitsAway{Store: memadapter.New()} })
	if res := p.tries(t, nil, peer(1), "ann", "right"); res.StatusCode != http.StatusServiceUnavailable ||
		p.checks.Load() != 0 {
		t.Errorf("%s after %d checks", res.Status, p.checks.Load())
	}
}

type limitsAway struct{ ratelimit.Store }

func (s *limitsAway) TakeLimit(context.Context, string, ratelimit.Rate, time.Time) (bool, time.Duration, error) {
	return false, 0, errStore
}

// The field that names the account is found, or New says that it must be named.
func TestFieldOfTheAccount(t *testing.T) {
	t.Parallel()
	secret := cardea.Field{Name: "password", Type: "password"}
	code := cardea.Field{Name: "code", Autocomplete: "one-time-code"}
	address := cardea.Field{Name: "address", Type: "email"}
	user := cardea.Field{Name: "user", Autocomplete: "section-a username"}
	plain := cardea.Field{Name: "plain"}
	for _, tc := range []struct {
		fields  []cardea.Field
		account []string
		want    string // the fields whose values differ the budget, or a fault
	}{
		{[]cardea.Field{plain, secret}, nil, "plain"},
		{[]cardea.Field{plain, secret, code}, nil, "plain"},
		{[]cardea.Field{plain, user, address, secret}, nil, "user"},
		{[]cardea.Field{plain, address, secret}, nil, "address"},
		{[]cardea.Field{plain, address, secret}, []string{"plain", "address"}, "plain address"},
		{[]cardea.Field{secret}, nil, ""},
		{[]cardea.Field{{Name: "oldPassword"}}, nil, ""},
		{[]cardea.Field{plain, {Name: "tenant"}, secret}, nil, "(form).Account: want the names"},
		{[]cardea.Field{plain, secret}, []string{"other"}, `(form).Account: want names of Fields, which are ["plain" "password"]`},
	} {
		var auth *cardea.Auth
		c := validConfig()
		c.Adapter = memadapter.New()
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			ID: "form", Fields: tc.fields, Account: tc.account,
			Authorize: func(context.Context, credentials.Input) (*cardea.User, error) { return nil, nil },
		}))
		auth, err := cardea.New(c)
		if strings.Contains(tc.want, "want") {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v: %v", tc.fields, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(auth)
		t.Cleanup(server.Close)
		for _, f := range tc.fields {
			b := newBrowser(t, server.URL)
			limited := false
			for i := range 6 {
				form := url.Values{}
				for _, other := range tc.fields {
					form.Set(other.Name, "x"+f.Name)
				}
				form.Set(f.Name, fmt.Sprint("x", i, f.Name))
				limited = b.Post("/callback/form", form).StatusCode == http.StatusTooManyRequests
			}
			named := strings.Contains(" "+tc.want+" ", " "+f.Name+" ")
			if limited == (named || tc.want == "") {
				t.Errorf("%v, account %q: other values of %s are limited: %t", tc.fields, tc.account, f.Name, limited)
			}
		}
	}
}
