package password_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// forms are the forms that a stranger can send with an address.
var forms = []struct{ name, path string }{
	{"sign-in", "/callback/password"}, {"sign-up", "/password/signup"}, {"forgot", "/password/forgot"},
}

// openSite is a site without limits for an account or an address. Clients have theirs: an asker is
// a new client with each request.
func openSite(t testing.TB, hashing passwordhash.Options) *site {
	return newSite(t, func(c *cardea.Config, o *password.Options) {
		c.Limits.Account, c.Limits.Mail = ratelimit.InsecureUnlimited(), ratelimit.InsecureUnlimited()
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		o.Hashing = hashing
	})
}

// asker is a browser that does not follow redirects.
type asker struct {
	*cardeatest.Browser
	token string
	sent  *uint32
}

func newAsker(t testing.TB, s *site) asker {
	b := cardeatest.NewBrowser(t, s.URL)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return asker{b, b.CSRFToken(), new(uint32)}
}

// client returns the address of another client for each request.
func (a asker) client() string {
	*a.sent++
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 10<<24+*a.sent))).String()
}

// send posts a form with an address, and returns how long the answer took, and all of it that
// could differ: status, headers, the names and attributes of cookies, and the page.
func (a asker) send(t testing.TB, path, address string) (took time.Duration, answer string) {
	t.Helper()
	form := url.Values{"csrfToken": {a.token}, "email": {address}, "password": {"a wrong password of mine"}}
	r, err := http.NewRequestWithContext(t.Context(), "POST", a.Site+"/api/auth"+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", a.client())
	start := time.Now()
	res, err := a.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	took = time.Since(start)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 400 {
		t.Fatalf("%s: %s", path, res.Status)
	}
	var text strings.Builder
	fmt.Fprintln(&text, res.Status, len(body), strings.ReplaceAll(string(body), a.token, "TOKEN"))
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		if name == "Date" {
			continue
		}
		for _, value := range res.Header[name] {
			if name == "Set-Cookie" {
				cookie, rest, _ := strings.Cut(value, ";")
				key, secret, _ := strings.Cut(cookie, "=")
				value = fmt.Sprint(key, len(secret), rest)
			}
			fmt.Fprintln(&text, name, value)
		}
	}
	return took, text.String()
}

// compare sends a form for a known and for an unknown address in turn, and returns by how much the
// times for the known one are longer: the share of pairs in which they are, and the ratio of the
// medians.
func compare(t testing.TB, s *site, path string, pairs int) (share, ratio float64) {
	t.Helper()
	a := newAsker(t, s)
	known, unknown := make([]time.Duration, pairs), make([]time.Duration, pairs)
	longer := 0
	for i := range pairs {
		// Which comes first changes, so that what one request leaves behind burdens both.
		order := []int{i % 2, 1 - i%2}
		answers := [2]string{}
		for _, which := range order {
			if which == 0 {
				known[i], answers[0] = a.send(t, path, ann)
			} else {
				unknown[i], answers[1] = a.send(t, path, "bob@example.com")
			}
		}
		if i > 0 && answers[0] != answers[1] { // the first request has other cookies
			t.Fatalf("%s: the answers differ:\n%s\n%s", path, answers[0], answers[1])
		}
		if known[i] > unknown[i] {
			longer++
		}
	}
	slices.Sort(known)
	slices.Sort(unknown)
	return float64(longer) / float64(pairs), float64(known[pairs/2]) / float64(unknown[pairs/2])
}

// Class 9: GO-2026-4319, -4344, -4820, -5886: neither the answer nor its time tells who has an
// account, at the handler and the mail queue as they are. The comparison has pairs of requests one
// after the other, so a machine that is slow is slow for both. If only one of them hashed or sent
// its mail, it would be longer in all pairs, so the bounds are far from what chance does: of 60
// pairs that are alike, more than 55 are longer for one side once in 10^11 times.
func TestEqualAnswersInEqualTime(t *testing.T) {
	s := openSite(t, passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}})
	s.user(t, ann, first)
	for _, form := range forms {
		const pairs, all = 60, 55
		share, ratio := compare(t, s, form.path, pairs)
		if longer := share * pairs; longer > all || longer < pairs-all {
			t.Errorf("%s: known addresses take longer in %.0f of %d pairs, %.2f times as long", form.name, longer,
				pairs, ratio)
		}
	}
}

// BenchmarkEqualTime prints how long an answer for a known address takes, compared with one for an
// unknown address.
func BenchmarkEqualTime(b *testing.B) {
	for _, form := range forms {
		b.Run(form.name, func(b *testing.B) {
			s := openSite(b, passwordhash.Options{}) // as a site has it
			s.user(b, ann, first)
			share, ratio := compare(b, s, form.path, max(b.N, 2))
			b.ReportMetric(ratio, "median/median")
			b.ReportMetric(share, "longer")
		})
	}
}
