package redisstore_test

import (
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
)

// load are visitors of the instances of a site. They sign in at one instance, read their session at
// the next, sign out, and try their old cookie at the next.
type load struct {
	t         *testing.T
	instances []*instance
	stop      chan struct{}
	wg        sync.WaitGroup

	outages     atomic.Int64 // odd from when Redis is killed until all instances work again
	worked      []atomic.Int64
	refused     atomic.Int64 // 503, or no answer
	unavailable atomic.Int64 // 503

	mu    sync.Mutex
	wrong []string // answers that are neither right nor 503
}

// startLoad starts a load with four visitors at a time.
func startLoad(t *testing.T, instances []*instance) *load {
	l := &load{t: t, instances: instances, stop: make(chan struct{}), worked: make([]atomic.Int64, len(instances))}
	var next atomic.Int64
	for range 4 {
		l.wg.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.visit(int(next.Add(1)))
				}
			}
		})
	}
	return l
}

// end stops the load and reports wrong answers.
func (l *load) end() {
	l.t.Helper()
	close(l.stop)
	l.wg.Wait()
	if len(l.wrong) > 0 {
		l.t.Errorf("%d wrong answers, such as %.300q", len(l.wrong), l.wrong[0])
	}
}

// awaitAll waits until visits work at each instance.
func (l *load) awaitAll(what string) {
	l.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for i := range l.worked {
		for before := l.worked[i].Load(); l.worked[i].Load() < before+5; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				l.t.Fatalf("%s: instance %d does not work; %d answers were 503; its log: %s",
					what, i, l.unavailable.Load(), l.instances[i].log.String())
			}
		}
	}
}

var errRefused = errors.New("503, or no answer")

func (l *load) visit(n int) {
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	// No answer may take longer, whatever is away.
	v := &loadVisitor{l, &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second}}
	outages := l.outages.Load()
	first := n % len(l.instances)
	err := v.all(first, (n+1)%len(l.instances))
	switch {
	case err == nil:
		l.worked[first].Add(1)
	case errors.Is(err, errLivesOn) && (outages%2 == 1 || outages != l.outages.Load()):
		// What was acknowledged just before Redis died may be lost: see docs/redis.md.
	case errors.Is(err, errRefused):
		l.refused.Add(1)
	default:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.wrong = append(l.wrong, err.Error())
	}
}

// loadVisitor is the browser of a visit.
type loadVisitor struct {
	load   *load
	client *http.Client
}

var errLivesOn = errors.New("still signed in after a sign-out")

func (v *loadVisitor) all(one, two int) error {
	if err := v.post(one, "/api/auth/signin/idp"); err != nil {
		return err
	}
	token := v.token()
	if token == "" {
		return errors.New("no session cookie after a sign-in")
	}
	for range 2 { // from the database, and then the copy
		switch signedIn, err := v.isSignedIn(two); {
		case v.token() == "":
			return errors.New("the cookie was cleared")
		case err != nil:
			return err
		case !signedIn:
			return errors.New("not signed in after a sign-in")
		}
	}
	token = v.token()
	if err := v.post(one, "/api/auth/signout"); err != nil {
		return err
	}
	v.setToken(token)
	if signedIn, err := v.isSignedIn(two); err != nil || signedIn {
		return errors.Join(err, map[bool]error{true: errLivesOn}[signedIn])
	}
	return nil
}

func (v *loadVisitor) url(instance int, path string) string {
	return "http://" + v.load.instances[instance].address + path
}

// do returns the body of an answer with status 200.
func (v *loadVisitor) do(res *http.Response, err error) (string, error) {
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		return "", fmt.Errorf("no answer in time: %w", err)
	}
	if err != nil { // an instance is dead
		return "", fmt.Errorf("%w: %w", errRefused, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return "", fmt.Errorf("%w: %w", errRefused, err)
	case res.StatusCode == http.StatusServiceUnavailable:
		v.load.unavailable.Add(1)
		if res.Header.Get("Retry-After") == "" {
			return "", errors.New("503 without Retry-After")
		}
		return "", errRefused
	case res.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s at %s", res.Status, res.Request.URL.Path)
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

func (v *loadVisitor) isSignedIn(instance int) (bool, error) {
	body, err := v.do(v.client.Get(v.url(instance, "/api/auth/session")))
	return strings.Contains(body, "@"), err
}

const sessionCookie = "authjs.session-token"

var everyInstance = &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}

func (v *loadVisitor) token() string {
	for _, c := range v.client.Jar.Cookies(everyInstance) {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

func (v *loadVisitor) setToken(token string) {
	v.client.Jar.SetCookies(everyInstance, []*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
}
