package password_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
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

// BenchmarkSignIns compares sign-ins with as many bare hashes of the same parameters, in turns:
// over loopback at the real handler, each with a new session. As many hashes are computed at once
// on both sides, and for each there are two clients. "signins/hash" is how many sign-ins are done
// in the time of a hash.
func BenchmarkSignIns(b *testing.B) {
	s := newLoadedSite(b, 0)
	s.user(b, ann, first)
	const all = 16 // in a turn, for each hash at once
	parallel := max(1, runtime.GOMAXPROCS(0)-1)
	turn := func(workers int, work func()) time.Duration {
		begin := time.Now()
		var wait sync.WaitGroup
		for range workers {
			each := all * parallel / workers
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
		bare += turn(parallel, func() { argon2.IDKey([]byte(first), salt, 3, 12288, 1, 32) })
		signIns += turn(2*parallel, func() {
			res, err := s.post(ann, first)
			if err != nil || !strings.Contains(fmt.Sprint(res.Cookies()), "session-token") {
				b.Errorf("nobody is signed in: %v, %v", res, err)
			}
		})
	}
	b.ReportMetric(bare.Seconds()/signIns.Seconds(), "signins/hash")
}
