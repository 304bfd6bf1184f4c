package password_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
	"golang.org/x/crypto/argon2"
)

// loadedSite is a site with the default parameters of hashes, without limits, and a client of it
// that sends the same cookies each time.
type loadedSite struct {
	*site
	client http.Client
	cookie string
	csrf   string
}

func newLoadedSite(b *testing.B, parallel int) *loadedSite {
	b.Helper()
	s := &loadedSite{site: newSite(b, func(c *cardea.Config, o *password.Options) {
		none := ratelimit.InsecureUnlimited()
		c.Limits.Client, c.Limits.Account, c.Limits.AccountClient = none, none, none
		o.Hashing = passwordhash.Options{Parallel: parallel}
	})}
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.cookie, s.csrf = csrfOf(b, &s.client, s.URL)
	return s
}

// csrfOf returns the cookies and the CSRF token of a new visitor.
func csrfOf(b *testing.B, client *http.Client, site string) (cookie, token string) {
	b.Helper()
	res, err := client.Get(site + "/api/auth/csrf")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range res.Cookies() {
		cookie += c.Name + "=" + c.Value + "; "
	}
	_, token, _ = strings.Cut(string(body), `:"`)
	return cookie, strings.TrimSuffix(strings.TrimSpace(token), `"}`)
}

// post posts the form of the sign-in page and returns the answer, whose body is closed.
func (s *loadedSite) post(address, text string) (*http.Response, error) {
	return postSignIn(&s.client, s.URL, s.cookie, s.csrf, address, text)
}

func postSignIn(client *http.Client, site, cookie, csrf, address, text string) (*http.Response, error) {
	form := url.Values{"email": {address}, "password": {text}, "csrfToken": {csrf}}.Encode()
	req, err := http.NewRequest(http.MethodPost, site+"/api/auth/callback/password", strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", cookie)
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res, err
}

// BenchmarkSignIns compares sign-ins with as many bare hashes of the same parameters, in turns, on
// all processors: over loopback at the real handler, each with a new session. "signins/hash" is how
// many sign-ins are done in the time of a hash.
func BenchmarkSignIns(b *testing.B) {
	s := newLoadedSite(b, 0)
	s.user(b, ann, first)
	const each = 8 // of every worker, in a turn
	workers := runtime.GOMAXPROCS(0)
	turn := func(work func()) time.Duration {
		begin := time.Now()
		var wait sync.WaitGroup
		for range workers {
			wait.Go(func() {
				for range each {
					work()
				}
			})
		}
		wait.Wait()
		return time.Since(begin)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	var bare, signIns time.Duration
	for b.Loop() {
		bare += turn(func() { argon2.IDKey([]byte(first), salt, 3, 12288, 1, 32) })
		signIns += turn(func() {
			res, err := s.post(ann, first)
			if err != nil || !strings.Contains(fmt.Sprint(res.Cookies()), "session-token") {
				b.Errorf("nobody is signed in: %v, %v", res, err)
			}
		})
	}
	b.ReportMetric(bare.Seconds()/signIns.Seconds(), "signins/hash")
}

// BenchmarkSessionsDuringWrongPasswords compares checks of a session while nothing else happens
// with checks while 200 wrong passwords a second arrive, in turns of half a second. The client is
// in the same process, and has its share of the processors.
func BenchmarkSessionsDuringWrongPasswords(b *testing.B) {
	all := runtime.GOMAXPROCS(0)
	b.Run("hashes on all processors", func(b *testing.B) { checkSessions(b, all) })
	b.Run("hashes on half of them", func(b *testing.B) { checkSessions(b, max(1, all/2)) })
}

func checkSessions(b *testing.B, parallel int) {
	s := newLoadedSite(b, parallel)
	s.user(b, ann, first)
	res, err := s.post(ann, first)
	if err != nil {
		b.Fatal(err)
	}
	session := ""
	for _, c := range res.Cookies() {
		session += c.Name + "=" + c.Value + "; "
	}
	check := func() time.Duration {
		req, err := http.NewRequest(http.MethodGet, s.URL+"/api/auth/session", nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Cookie", session)
		begin := time.Now()
		res, err := s.client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), ann) {
			b.Fatalf("no session: %s, %v", body, err)
		}
		return time.Since(begin)
	}
	var quiet, loaded []time.Duration
	const turn = 500 * time.Millisecond
	for b.Loop() {
		for end := time.Now().Add(turn); time.Now().Before(end); {
			quiet = append(quiet, check())
		}
		var wait sync.WaitGroup
		stop := make(chan struct{})
		wait.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-tick.C:
					wait.Go(func() { _, _ = s.post(fmt.Sprintf("nobody%d@example.com", i), "wrong") })
				}
			}
		})
		for end := time.Now().Add(turn); time.Now().Before(end); {
			loaded = append(loaded, check())
		}
		close(stop)
		wait.Wait()
	}
	for name, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		b.ReportMetric(float64(percentile(loaded, at))/float64(percentile(quiet, at)), name+"/quiet")
	}
}

func percentile(all []time.Duration, at float64) time.Duration {
	slices.Sort(all)
	return all[int(float64(len(all)-1)*at)]
}
