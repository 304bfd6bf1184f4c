package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// guess asks for a mail to an address of its own, and posts a wrong code, from a peer.
func (s mailSite) guess(t *testing.T, peer, address string) *http.Response {
	t.Helper()
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, address, "/")
	return s.postFrom(t, b, peer, url.Values{"code": {codeOtherThan(m)}})
}

// postFrom posts a form of a browser to the callback of mails, as if the browser were at a peer.
func (s mailSite) postFrom(t *testing.T, b *cardeatest.Browser, peer string, form url.Values) *http.Response {
	t.Helper()
	form.Set("csrfToken", b.CSRFToken())
	r := httptest.NewRequest(http.MethodPost, s.URL+"/api/auth/callback/email", strings.NewReader(form.Encode()))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookiesOf(b).String())
	w := httptest.NewRecorder()
	s.auth.ServeHTTP(w, r)
	return w.Result()
}

// withLimits is a site with these limits, and no limit for mails.
func withLimits(l ratelimit.Config) func(*cardea.Config, *email.Options) {
	return func(c *cardea.Config, o *email.Options) {
		c.Limits = l
		o.ClientLimit = ratelimit.Rate{Count: 1 << 20, Within: time.Hour}
	}
}

// A code must not be guessed by asking for mails to many addresses: wrong codes for different
// addresses count for the client, for its /56 and /48 networks, and for the site.
func TestWrongCodesForManyAddressesAreLimited(t *testing.T) {
	t.Parallel()
	hour := func(n int) ratelimit.Rate { return ratelimit.Rate{Count: n, Within: time.Hour} }
	for _, tc := range []struct {
		name   string
		limits ratelimit.Config
		peer   func(i int) string
		want   int // guesses that are compared
	}{
		{"one IPv4 address", ratelimit.Config{Client: hour(5)}, func(int) string { return "192.0.2.7:1" }, 5},
		{"one /64 network", ratelimit.Config{Client: hour(5)},
			func(i int) string { return fmt.Sprintf("[2001:db8:1:1::%x]:1", i) }, 5},
		{"one /56 network", ratelimit.Config{Client: hour(5)},
			func(i int) string { return fmt.Sprintf("[2001:db8:1:11%02x::1]:1", i) }, 20},
		{"one /48 network", ratelimit.Config{Client: hour(2)},
			func(i int) string { return fmt.Sprintf("[2001:db8:1:%02x00::1]:1", i) }, 20},
		{"everybody", ratelimit.Config{Site: hour(7)},
			func(i int) string { return fmt.Sprintf("192.0.2.%d:1", i) }, 7},
		{"other networks", ratelimit.Config{Client: hour(1)},
			func(i int) string { return fmt.Sprintf("[2001:db8:%x::1]:1", i) }, 30},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, withLimits(tc.limits))
			s.setClock()
			compared := 0
			for i := range 30 {
				res := s.guess(t, tc.peer(i), fmt.Sprintf("user%d@example.com", i))
				if res.StatusCode != http.StatusTooManyRequests {
					compared++
				}
			}
			if compared != tc.want {
				t.Errorf("%d guesses were compared, want %d", compared, tc.want)
			}
		})
	}
}

// Above the limit of the site the right code is refused too, with a time; the link signs in.
func TestLinksWorkWhenCodesDoNot(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, withLimits(ratelimit.Config{Site: ratelimit.Rate{Count: 2, Within: time.Hour}}))
	now := s.setClock()
	for i := range 2 {
		s.guess(t, fmt.Sprintf("192.0.2.%d:1", i), fmt.Sprintf("user%d@example.com", i))
	}
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	checkLimited(t, "the right code", postCode(b, m.Code))
	checkRedirect(t, "the link", visit(t, b, m.Link), s.URL+"/")
	now.advance(30 * time.Minute)
	other := newBrowser(t, s.URL)
	m = s.ask(t, other, "bob@example.com", "/")
	checkRedirect(t, "a code half an hour later", postCode(other, m.Code), s.URL+"/")
}

// A success is no failure: it gives back what it has taken, and no more. An attacker who signs in
// between the tries does not get more of them.
func TestRightCodesDoNotCount(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, withLimits(ratelimit.Config{Client: ratelimit.Rate{Count: 3, Within: time.Hour}}))
	s.setClock()
	signIn := func(i int) *http.Response {
		b := newBrowser(t, s.URL)
		return postCode(b, s.ask(t, b, fmt.Sprintf("ann%d@example.com", i), "/").Code)
	}
	for i := range 10 {
		checkRedirect(t, "the right code", signIn(i), s.URL+"/")
	}
	for i := range 3 {
		s.checkWrongCode(t, "a guess", s.guess(t, "127.0.0.1:1", fmt.Sprintf("user%d@example.com", i)))
		if i < 2 {
			checkRedirect(t, "a sign-in between the guesses", signIn(20+i), s.URL+"/")
		}
	}
	checkLimited(t, "one guess more", s.guess(t, "127.0.0.1:1", "more@example.com"))
}

// Two processes, and a process after a restart, share what was counted.
func TestProcessesShareLimits(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	limits := ratelimit.Config{Store: store, Client: ratelimit.Rate{Count: 4, Within: time.Hour}}
	compared := 0
	for range 3 {
		s := newMailSite(t, withLimits(limits))
		for i := range 4 {
			res := s.guess(t, "192.0.2.7:1", fmt.Sprintf("user%d@example.com", i))
			if res.StatusCode != http.StatusTooManyRequests {
				compared++
			}
		}
	}
	if compared != 4 {
		t.Errorf("%d guesses were compared, want 4", compared)
	}
}

// limitKeys is a store that keeps the keys that it gets, and can fail.
type limitKeys struct {
	*memadapter.Adapter
	keys []string
	err  error
}

func (s *limitKeys) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (bool, time.Duration, error) {
	if s.err != nil {
		return false, 0, s.err
	}
	s.keys = append(s.keys, key)
	return s.Adapter.TakeLimit(ctx, key, limit, now)
}

// The store learns neither addresses nor IP addresses, nor can it find them by trying all.
func TestKeysOfLimitsAreHashes(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, secret := range []string{strings.Repeat("a", 32), strings.Repeat("b", 32)} {
		store := &limitKeys{Adapter: memadapter.New()}
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Limits.Store, c.Secret = store, secret })
		s.guess(t, "192.0.2.7:1", "ann@example.com")
		if len(store.keys) != 5 {
			t.Errorf("%d keys, want 2 of the mail and 3 of the code", len(store.keys))
		}
		for _, key := range store.keys {
			if strings.Trim(key, "0123456789abcdef") != "" || len(key) != 64 {
				t.Errorf("the key is %q, want 64 hexadecimal digits", key)
			}
			if other, ok := seen[key]; ok && other != secret {
				t.Error("two secrets make the same key")
			}
			seen[key] = secret
		}
	}
}

// If the store of the limits is unavailable, nothing is sent and no code is compared.
func TestUnavailableLimitStoreIs503(t *testing.T) {
	t.Parallel()
	store := &limitKeys{Adapter: memadapter.New()}
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Limits.Store = store })
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	store.err = errors.New("the store is away")
	for name, res := range map[string]*http.Response{
		"the code": postCode(b, m.Code),
		"a mail":   b.Post("/signin/email", url.Values{"email": {"bob@example.com"}}),
	} {
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, Retry-After %q, want 503", name, res.Status, res.Header.Get("Retry-After"))
		}
	}
	if n := len(s.mails.All()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
	store.err = nil
	checkRedirect(t, "the code afterwards", postCode(b, m.Code), s.URL+"/")
}

// A store without a place for counts changes nothing but where is counted.
func TestLimitStoreWithoutPlace(t *testing.T) {
	t.Parallel()
	var log logRecorder
	store := &limitKeys{Adapter: memadapter.New(), err: fmt.Errorf("no such table: %w", errors.ErrUnsupported)}
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		c.Limits.Store, c.Logger = store, log.logger()
		o.AddressLimit = ratelimit.Rate{Count: 2, Within: time.Hour}
	})
	b := newBrowser(t, s.URL)
	s.ask(t, b, "ann@example.com", "/")
	m := s.ask(t, b, "ann@example.com", "/")
	checkLimited(t, "the third mail", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}))
	checkRedirect(t, "the code", postCode(b, m.Code), s.URL+"/")
	warnings := log.records(t, "cardea: limits are counted in the memory of this process, not in the store")
	if len(warnings) != 1 || !strings.Contains(fmt.Sprint(warnings[0]["cause"]), "no such table") {
		t.Errorf("warnings: %v, want one with the cause", warnings)
	}
}

// withoutLimits is an adapter that is no ratelimit.Store.
type withoutLimits struct {
	cardea.Adapter
	cardea.TokenStore
	cardea.SessionStore
}

// Limits in memory are worth one warning, unless the site is on this machine or has none.
func TestMemoryOfLimitsIsWarnedOf(t *testing.T) {
	t.Parallel()
	mem := memadapter.New()
	plain := withoutLimits{mem, mem, mem}
	mails := []cardea.Provider{email.New(email.Options{
		From: "Site <site@example.com>", Sender: new(cardeatest.Mailbox),
	})}
	for _, tc := range []struct {
		name   string
		config cardea.Config
		want   int
	}{
		{"in production", cardea.Config{BaseURL: "https://example.com", Adapter: plain, Providers: mails}, 1},
		{"trusted hosts", cardea.Config{TrustedHosts: []string{"example.com"}, Adapter: plain, Providers: mails}, 1},
		{"on this machine", cardea.Config{BaseURL: "http://localhost:3000", Adapter: plain, Providers: mails}, 0},
		{"without BaseURL", cardea.Config{Adapter: plain, Providers: mails}, 0},
		{"with a store", cardea.Config{BaseURL: "https://example.com", Adapter: mem, Providers: mails}, 0},
		{"with a store of its own", cardea.Config{
			BaseURL: "https://example.com", Adapter: plain, Providers: mails, Limits: ratelimit.Config{Store: mem},
		}, 0},
	} {
		var text strings.Builder
		tc.config.Secret = strings.Repeat("s", 32)
		tc.config.Logger = slog.New(slog.NewTextHandler(io.Writer(&text), nil))
		if _, err := cardea.New(tc.config); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(text.String(), "limits are counted in the memory"); got != tc.want {
			t.Errorf("%s: %d warnings, want %d: %s", tc.name, got, tc.want, text.String())
		}
	}
}

func TestNewReportsFaultsOfLimits(t *testing.T) {
	t.Parallel()
	_, err := cardea.New(cardea.Config{Limits: ratelimit.Config{
		Client: ratelimit.Rate{Count: -1, Within: time.Hour}, Site: ratelimit.Rate{Count: 1},
		Address: ratelimit.Rate{Within: time.Hour},
	}})
	for _, field := range []string{"Limits.Client", "Limits.Site", "Limits.Address"} {
		if !strings.Contains(fmt.Sprint(err), "Config."+field+": want a count and a time above zero") {
			t.Errorf("New does not report %s: %v", field, err)
		}
	}
}

// Limits that have expired are deleted with everything else.
func TestPurgeExpiredDeletesLimits(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Limits.Store = store })
	now := s.setClock()
	for i := range 3 {
		s.ask(t, newBrowser(t, s.URL), fmt.Sprintf("user%d@example.com", i), "/")
	}
	now.advance(20 * 24 * time.Hour)
	if n, err := s.auth.PurgeExpired(t.Context()); err != nil || n < 4 {
		t.Errorf("%d rows and %v, want 4 limits or more", n, err)
	}
	if n, err := store.DeleteExpiredLimits(t.Context(), time.Now().Add(1000*time.Hour), 100); n != 0 || err != nil {
		t.Errorf("%d limits were left, %v", n, err)
	}
}

// Some applications write "no limit" as the largest number there is. The multiples for the networks
// of IPv6 must not overflow.
func TestLargestLimitAllowsIPv6(t *testing.T) {
	t.Parallel()
	for _, count := range []int{math.MaxInt, 1 << 62, 1 << 61, math.MaxInt / 3} {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			c.Limits.Client = ratelimit.Rate{Count: count, Within: time.Hour}
		})
		res := s.guess(t, "[2001:db8::1]:50000", "ann@example.com")
		if to := res.Header.Get("Location"); !strings.Contains(to, "WrongCode") {
			t.Errorf("%d: %s to %q", count, res.Status, to)
		}
	}
}
