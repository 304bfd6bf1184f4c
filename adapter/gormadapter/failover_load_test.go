package gormadapter_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
)

// load are visitors of the instances of a site. They sign in, read their session at another
// instance, and some of them sign out. What an instance has acknowledged is written down.
type load struct {
	t         testing.TB
	instances []*instance
	stop      chan struct{}
	wg        sync.WaitGroup

	mu                  sync.Mutex
	signedIn, signedOut map[string]bool // session tokens
	wrong               []string        // answers that are neither right nor 503

	visits, unavailable atomic.Int64
	reason              atomic.Value   // why the first of them was unavailable, a string
	worked              []atomic.Int64 // visits that worked, at each instance
	slowest             atomic.Int64   // the longest time between two visits that worked, in ns
}

const loadPersons = 3000

// loadIssuer is a provider with persons for a load.
func loadIssuer(t testing.TB) *cardeatest.Issuer {
	persons := make([]cardeatest.Person, loadPersons)
	for i := range persons {
		persons[i] = visitor(fmt.Sprint("p", i))
	}
	return cardeatest.NewIssuer(t, persons...)
}

// newLoad returns a load without visitors.
func newLoad(t testing.TB, instances []*instance) *load {
	return &load{
		t: t, instances: instances, stop: make(chan struct{}), worked: make([]atomic.Int64, len(instances)),
		signedIn: map[string]bool{}, signedOut: map[string]bool{},
	}
}

// startLoad starts a load with six visitors at a time.
func startLoad(t testing.TB, instances []*instance) *load {
	l := newLoad(t, instances)
	var next, last atomic.Int64
	last.Store(time.Now().UnixNano())
	for range 6 {
		l.wg.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				if l.visit(int(next.Add(1))) {
					now := time.Now().UnixNano()
					if gap := now - last.Swap(now); gap > l.slowest.Load() {
						l.slowest.Store(gap)
					}
				}
			}
		})
	}
	return l
}

// end stops the load and waits for its last visits.
func (l *load) end() {
	close(l.stop)
	l.wg.Wait()
}

var errUnavailable = errors.New("503, or no connection")

// visit is one visit of the n-th visitor. It reports whether everything worked.
func (l *load) visit(n int) bool {
	l.visits.Add(1)
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	v := &loadVisitor{load: l, client: &http.Client{Jar: jar, Transport: transport, Timeout: 2 * requestDeadline}}
	first, second := n%len(l.instances), (n+1)%len(l.instances)
	err := v.signIn(first, personOf(n))
	if err == nil {
		err = v.readSession(second)
	}
	if err == nil && n%3 == 0 {
		err = v.signOut(first, second)
	}
	l.note(err)
	if err == nil {
		l.worked[first].Add(1)
	}
	return err == nil
}

// personOf returns who the n-th visitor is. Four of five are new; the others are twenty persons,
// who sign in again and again.
func personOf(n int) string {
	if n%5 == 0 {
		return fmt.Sprint("p", n/5%20)
	}
	return fmt.Sprint("p", n%loadPersons)
}

// note counts what a visitor got.
func (l *load) note(err error) {
	if errors.Is(err, errUnavailable) {
		l.unavailable.Add(1)
		l.reason.CompareAndSwap(nil, err.Error())
	} else if err != nil {
		l.mu.Lock()
		l.wrong = append(l.wrong, err.Error())
		l.mu.Unlock()
	}
}

// loadVisitor is the browser of a visit.
type loadVisitor struct {
	load   *load
	client *http.Client
}

func (v *loadVisitor) url(instance int, path string) string {
	return "http://" + v.load.instances[instance].address + path
}

// do sends a request, and returns the body of an answer with status 200.
func (v *loadVisitor) do(res *http.Response, err error) (string, error) {
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnavailable, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errUnavailable, err)
	case res.StatusCode == http.StatusServiceUnavailable:
		if res.Header.Get("Retry-After") == "" {
			return "", errors.New("503 without Retry-After")
		}
		return "", errUnavailable
	case res.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s at %s", res.Status, res.Request.URL.RequestURI())
	}
	return string(body), nil
}

func (v *loadVisitor) post(instance int, path string) error {
	body, err := v.do(v.client.Get(v.url(instance, "/api/auth/csrf")))
	if err != nil {
		return err
	}
	var csrf struct{ CSRFToken string }
	if err := json.Unmarshal([]byte(body), &csrf); err != nil {
		return err
	}
	_, err = v.do(v.client.PostForm(v.url(instance, path), url.Values{
		"csrfToken": {csrf.CSRFToken}, "callbackUrl": {v.url(instance, "/api/auth/csrf")},
	}))
	return err
}

func (v *loadVisitor) token() string {
	for _, c := range v.client.Jar.Cookies(&url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}) {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

func (v *loadVisitor) signIn(instance int, person string) error {
	if err := v.post(instance, "/api/auth/signin/idp?login_hint="+person); err != nil {
		return err
	}
	token := v.token()
	if token == "" {
		return errors.New("no session cookie after a sign-in")
	}
	v.load.mu.Lock()
	defer v.load.mu.Unlock()
	v.load.signedIn[token] = true
	return nil
}

func (v *loadVisitor) readSession(instance int) error {
	token := v.token()
	body, err := v.do(v.client.Get(v.url(instance, "/api/auth/session")))
	if err == nil && !strings.Contains(body, "@example.com") {
		return fmt.Errorf("the session is %q at the other instance", body)
	}
	if v.token() != token {
		return errors.New("the cookie was cleared")
	}
	return err
}

func (v *loadVisitor) signOut(instance, other int) error {
	token := v.token()
	v.load.mu.Lock()
	delete(v.load.signedIn, token) // the outcome may be unknown
	v.load.mu.Unlock()
	if err := v.post(instance, "/api/auth/signout"); err != nil {
		return err
	}
	v.load.mu.Lock()
	v.load.signedOut[token] = true
	v.load.mu.Unlock()
	site, _ := url.Parse(v.url(other, "/"))
	v.client.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
	body, err := v.do(v.client.Get(v.url(other, "/api/auth/session")))
	if err == nil && strings.Contains(body, "@example.com") {
		return errors.New("still signed in at the other instance after a sign-out")
	}
	return err
}

// lost returns how many acknowledged sign-ins and sign-outs a database does not know.
func (l *load) lost(a *gormadapter.Adapter) (signIns, signOuts int) {
	l.t.Helper()
	there := func(token string) bool {
		_, err := a.Session(l.t.Context(), fmt.Sprintf("%x", sha256.Sum256([]byte(token))))
		if err != nil && !errors.Is(err, cardea.ErrNotFound) {
			l.t.Fatal(err)
		}
		return err == nil
	}
	for token := range l.signedIn {
		if !there(token) {
			signIns++
		}
	}
	for token := range l.signedOut {
		if there(token) {
			signOuts++
		}
	}
	return signIns, signOuts
}

// check checks what the load has seen, and what the database has of it.
func (l *load) check(a *gormadapter.Adapter) {
	l.t.Helper()
	if len(l.wrong) > 0 {
		l.t.Errorf("%d wrong answers, such as %.300q", len(l.wrong), l.wrong[0])
	}
	if signIns, signOuts := l.lost(a); signIns+signOuts > 0 {
		l.t.Errorf("of %d acknowledged sign-ins %d are lost, of %d sign-outs %d", len(l.signedIn), signIns,
			len(l.signedOut), signOuts)
	}
	var half int
	must(l.t, a.DB().Raw("SELECT COUNT(*) FROM "+a.DB().Statement.Quote("user")+" u LEFT JOIN account a "+
		"ON a.user_id = u.id WHERE a.id IS NULL").Scan(&half).Error)
	if half > 0 {
		l.t.Errorf("%d users are half written", half)
	}
	l.t.Logf("%d visits, %d of them answered 503 or not at all; the longest pause between two that worked: %v; "+
		"%d sign-ins and %d sign-outs were acknowledged and checked", l.visits.Load(), l.unavailable.Load(),
		time.Duration(l.slowest.Load()).Round(10*time.Millisecond), len(l.signedIn), len(l.signedOut))
}

// awaitAll waits until visits work again at each instance, and returns how long that took.
func (l *load) awaitAll() time.Duration {
	l.t.Helper()
	began := time.Now()
	before := make([]int64, len(l.worked))
	for i := range l.worked {
		before[i] = l.worked[i].Load()
	}
	for time.Since(began) < time.Minute {
		all := true
		for i := range l.worked {
			all = all && l.worked[i].Load() > before[i]+20
		}
		if all {
			return time.Since(began)
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.t.Fatal("an instance has not recovered in a minute")
	return 0
}
