package cardea_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// forgot is a feature that mails a link to whoever is a user. Its sender is a function of the test.
func forgot(c *cardea.Config, send func(ctx context.Context, address, link string) error) {
	addFeature(c, "x", func(h *cardea.Host) error {
		h.Tokens("reset")
		h.Handle(rule("POST", "x/forgot", feature.SenderOwnPage, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error {
				address := h.Form(r.Context())["email"]
				if err := h.TakeMail(r.Context(), address); err != nil {
					return err
				}
				err := h.SendMail(r.Context(), address, func(ctx context.Context) error {
					u, err := h.Adapter().UserByEmail(ctx, address)
					if errors.Is(err, cardea.ErrNotFound) {
						return nil
					} else if err != nil {
						return err
					}
					token, err := h.NewToken(ctx, "reset", u.ID, time.Hour, nil)
					if err != nil {
						return err
					}
					return send(ctx, u.Email, h.URL(ctx, "x/reset?token="+token))
				})
				if err != nil {
					return err
				}
				return h.Page(r.Context(), feature.Page{Title: "Look into your mail"})
			})
		return nil
	})
}

// What a mail costs begins when the answer has left: beside it, it would take a processor from the
// answer, whose time would then tell that there is a mail.
func TestMailsBeginAfterTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var start time.Time
		began := make(chan time.Duration, 1)
		auth, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), BaseURL: "https://www.example.com",
			Features: []cardea.Feature{&testFeature{id: "x", install: func(h *cardea.Host) error {
				h.Handle(rule("GET", "x/mail", feature.SenderAnybody, feature.VisitorAnybody),
					func(_ http.ResponseWriter, r *http.Request) error {
						start = time.Now()
						err := h.SendMail(r.Context(), "ann@example.com", func(context.Context) error {
							began <- time.Since(start)
							return nil
						})
						return cmp.Or(err, h.JSON(r.Context(), http.StatusOK, "asked"))
					})
				return nil
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://www.example.com/api/auth/x/mail", nil)
		auth.ServeHTTP(httptest.NewRecorder(), r)
		if answered := time.Since(start); answered != 0 {
			t.Errorf("the answer took %v", answered)
		}
		if got := <-began; got != 50*time.Millisecond {
			t.Errorf("the mail began after %v", got)
		}
	})
}

// The answer does not wait for the mail, and is the same whether or not there is one, and whether
// or not it can be sent. The log says what went wrong, without the address and the token.
func TestMailsOfFeatures(t *testing.T) {
	t.Parallel()
	var log logRecorder
	begin, sent := make(chan struct{}), make(chan string, 10)
	s := newSite(t, func(c *cardea.Config) {
		c.Logger = log.logger()
		forgot(c, func(ctx context.Context, address, link string) error {
			<-begin
			sent <- link
			if ctx.Err() != nil {
				return ctx.Err()
			}
			switch address {
			case "bob@example.com":
				return fmt.Errorf("550 <BOB@example.com> unknown")
			case "cleo@example.com":
				return fmt.Errorf("bad mail: %s", link)
			case "dan@example.com":
				panic("of a sender")
			case "eve@example.com":
				return errors.New("connection refused")
			}
			return nil
		})
	})
	answers := map[string]bool{}
	people := []string{"Ann", "Bob", "Cleo", "Dan", "Eve"}
	for _, name := range append(people, "Nobody") {
		if name != "Nobody" {
			s.newUser(t, name)
		}
		b := newBrowser(t, s.URL)
		res := b.Post("/x/forgot", url.Values{"email": {strings.ToLower(name) + "@example.com"}})
		body := text(t, res)
		for _, c := range res.Cookies() {
			body += c.Name
		}
		body = strings.ReplaceAll(body, b.CSRFToken(), "")
		answers[fmt.Sprint(res.Status, body, res.Header["Content-Length"])] = true
	}
	if len(answers) != 1 {
		t.Errorf("%d answers: %v", len(answers), answers)
	}
	if len(sent) > 0 {
		t.Error("a mail was sent before the answer")
	}
	close(begin)
	s.auth.WaitForTasks()
	if len(sent) != len(people) {
		t.Errorf("%d mails were sent, want %d", len(sent), len(people))
	}
	for range people {
		link := <-sent
		if !strings.HasPrefix(link, s.URL+"/api/auth/x/reset?token=") {
			t.Errorf("link %q", link)
		}
		if _, token, _ := strings.Cut(link, "token="); strings.Contains(log.String(), token) {
			t.Error("the log has a token")
		}
	}
	failures := log.records(t, "cardea: mail not sent")
	if len(failures) != 4 || strings.Contains(strings.ToLower(log.String()), "@example.com") ||
		!strings.Contains(log.String(), "connection refused") || !strings.Contains(log.String(), "panic: of a sender") {
		t.Errorf("the log: %s", log.String())
	}
}

// Mails have limits for the address and for the client, whether or not the address is a user's.
func TestMailsOfFeaturesHaveLimits(t *testing.T) {
	t.Parallel()
	hour := func(n int) ratelimit.Rate { return ratelimit.Rate{Count: n, Within: time.Hour} }
	for name, tc := range map[string]struct {
		limits  ratelimit.Config
		address func(i int) string
		want    int
	}{
		"a user": {ratelimit.Config{}, func(int) string { return "ann@example.com" }, 5},
		"nobody": {ratelimit.Config{}, func(int) string { return "nobody@example.com" }, 5},
		"spelled otherwise": {ratelimit.Config{},
			func(i int) string { return []string{" ", ""}[i%2] + "Ann@Example.com" }, 5},
		"own limit": {ratelimit.Config{Mail: hour(2)}, func(int) string { return "ann@example.com" }, 2},
		"one client": {ratelimit.Config{MailClient: hour(3)},
			func(i int) string { return fmt.Sprintf("user%d@example.com", i) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Limits = tc.limits
				forgot(c, func(context.Context, string, string) error { return nil })
			})
			s.setClock()
			s.newUser(t, "Ann")
			b := newBrowser(t, s.URL)
			passed := 0
			for i := range 8 {
				res := b.Post("/x/forgot", url.Values{"email": {tc.address(i)}})
				if res.StatusCode == http.StatusOK {
					passed++
				} else {
					checkLimited(t, "a mail more", res)
				}
			}
			if passed != tc.want {
				t.Errorf("%d mails, want %d", passed, tc.want)
			}
		})
	}
}

// Eight mails are sent at a time; if too many wait, the visitor is told to come back.
func TestTooManyMailsOfFeatures(t *testing.T) {
	t.Parallel()
	var f *testFeature
	s := newSite(t, func(c *cardea.Config) { f = addFeature(c, "x", func(*cardea.Host) error { return nil }) })
	var running, most, done atomic.Int32
	begin := make(chan struct{})
	send := func(context.Context) error {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-begin
		running.Add(-1)
		done.Add(1)
		return nil
	}
	accepted := 0
	var err error
	for accepted < 2000 {
		if err = f.host.SendMail(t.Context(), "ann@example.com", send); err != nil {
			break
		}
		accepted++
	}
	if e, ok := errors.AsType[*cardea.Error](err); !ok || e.Code != "AdapterError" || accepted < 1000 ||
		accepted > 1008 {
		t.Errorf("%d mails were accepted, then %v", accepted, err)
	}
	close(begin)
	s.auth.WaitForTasks()
	if int(done.Load()) != accepted || most.Load() > 8 {
		t.Errorf("%d of %d mails were sent, at most %d at a time", done.Load(), accepted, most.Load())
	}
}

// The ctx of a mail is not that of the request: it outlives it, and cannot answer it.
func TestContextOfMails(t *testing.T) {
	t.Parallel()
	type key struct{}
	checked := make(chan error, 1)
	var f *testFeature
	s := newSite(t, func(c *cardea.Config) {
		f = addFeature(c, "x", func(h *cardea.Host) error {
			h.Handle(rule("GET", "x/do", feature.SenderAnybody, feature.VisitorAnybody),
				func(_ http.ResponseWriter, r *http.Request) error {
					ctx, cancel := context.WithCancel(context.WithValue(r.Context(), key{}, "transaction"))
					defer cancel()
					err := h.SendMail(ctx, "", func(ctx context.Context) error {
						_, timed := ctx.Deadline()
						switch {
						case ctx.Value(key{}) != nil, ctx.Err() != nil, !timed, cardea.SessionFrom(ctx) != nil:
							checked <- errors.New("the ctx is that of the request")
						case h.Redirect(ctx, "/") == nil, h.Cookie(ctx, "a").Set(time.Minute, nil) == nil:
							checked <- errors.New("it can answer")
						default:
							checked <- nil
						}
						return nil
					})
					if err != nil {
						return err
					}
					return h.JSON(r.Context(), http.StatusOK, nil)
				})
			return nil
		})
	})
	visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/x/do")
	if err := <-checked; err != nil {
		t.Error(err)
	}
	if err := f.host.SendMail(t.Context(), "", func(ctx context.Context) error {
		if f.host.URL(ctx, "x") != "" {
			t.Error("a URL without a request")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	s.auth.WaitForTasks()
}
