//go:build unix

package gormadapter_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

// The benchmarks of sign-ins compare the request that ends one, over HTTP, with a bare net/http
// handler that runs the same statements, prepared, with the same pool. All who sign in are users
// already, and no two requests of a round are about the same one. What comes before that request,
// such as the mail, is not measured. The two run in turn, as in BenchmarkSessionCheck, and the
// client's own work is in both, as is that of the identity provider.

// BenchmarkMailSignIn opens links of mails, in the browsers that have asked for them.
func BenchmarkMailSignIn(b *testing.B) {
	onSQLiteAndPostgreSQL(b, func(b *testing.B, site *signInSite, clients int) {
		site.compare(b, clients, site.askForMail, site.bare.askForMail)
	})
}

// BenchmarkOAuthSignIn comes back from an OpenID Connect provider, which answers over loopback.
func BenchmarkOAuthSignIn(b *testing.B) {
	onSQLiteAndPostgreSQL(b, func(b *testing.B, site *signInSite, clients int) {
		site.compare(b, clients, site.goToProvider, site.bare.goToProvider)
	})
}

// onSQLiteAndPostgreSQL runs a benchmark with so many browsers at once. With one, nobody waits for
// another one's transaction; a server and bare SQLite then show what they cost.
func onSQLiteAndPostgreSQL(b *testing.B, run func(b *testing.B, site *signInSite, clients int)) {
	for _, e := range []engine{{"SQLite", sqliteFile}, {"PostgreSQL", postgreSQL}} {
		b.Run(e.name, func(b *testing.B) {
			site := newSignInSite(b, e)
			for _, clients := range []int{1, 4, 64} {
				b.Run(fmt.Sprint(clients, "-browsers"), func(b *testing.B) { run(b, site, clients) })
			}
		})
	}
}

const signInsOfRound = 256

// preparing sends the requests that are not measured.
var preparing = &http.Transport{MaxIdleConnsPerHost: 4}

// compare measures the ends of sign-ins. Own and bare begin the sign-in of a visitor, and return
// the request that ends it.
func (s *signInSite) compare(b *testing.B, clients int, own, bare func(b *testing.B, i int) *http.Request) {
	begin := [2]func(b *testing.B, i int) *http.Request{bare, own}
	for _, who := range begin {
		endSignIns(b, clients, who)
	}
	var throughput, p50, p99, allocs []float64
	var cpu [2]time.Duration
	for b.Loop() {
		var round [2]ended
		first := rand.N(2)
		for _, who := range []int{first, 1 - first} {
			round[who] = endSignIns(b, clients, begin[who])
			cpu[who] += round[who].cpu
		}
		bare, own := round[0], round[1]
		throughput = append(throughput, bare.elapsed.Seconds()/own.elapsed.Seconds())
		p50 = append(p50, own.p50.Seconds()/bare.p50.Seconds())
		p99 = append(p99, own.p99.Seconds()/bare.p99.Seconds())
		allocs = append(allocs, own.allocs-bare.allocs)
	}
	b.ReportMetric(median(throughput), "throughput-ratio")
	b.ReportMetric(cpu[0].Seconds()/cpu[1].Seconds(), "cpu-throughput-ratio")
	b.ReportMetric(float64(cpu[1].Nanoseconds())/float64(b.N*signInsOfRound), "cpu-ns/sign-in")
	b.ReportMetric(median(p50), "p50-ratio")
	b.ReportMetric(median(p99), "p99-ratio")
	b.ReportMetric(median(allocs), "more-allocs/sign-in")
	b.ReportMetric(0, "ns/op")
}

// ended is one round of sign-ins.
type ended struct {
	elapsed, cpu time.Duration
	p50, p99     time.Duration
	allocs       float64 // per sign-in
}

// endSignIns begins sign-ins one after another, and then ends them from so many clients at once.
func endSignIns(b *testing.B, clients int, begin func(b *testing.B, i int) *http.Request) (e ended) {
	b.Helper()
	requests := make([]*http.Request, signInsOfRound)
	for i := range requests {
		requests[i] = begin(b, i)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	latencies := make([]time.Duration, signInsOfRound)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, cpu := time.Now(), processorTime()
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := c; i < len(requests); i += clients {
				began := time.Now()
				if err := endSignIn(transport, requests[i]); err != nil {
					b.Error(err)
					return
				}
				latencies[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	e.elapsed, e.cpu = time.Since(start), processorTime()-cpu
	runtime.ReadMemStats(&after)
	slices.Sort(latencies)
	e.p50, e.p99 = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	e.allocs = float64(after.Mallocs-before.Mallocs) / signInsOfRound
	return e
}

// endSignIn sends a request, and checks that the answer has the cookie of a session.
func endSignIn(transport http.RoundTripper, req *http.Request) error {
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == sessionCookie && c.Value != "" && res.StatusCode == http.StatusFound {
			return nil
		}
	}
	return fmt.Errorf("no session: %s, to %q", res.Status, res.Header.Get("Location"))
}

// signInSite is a site with sign-in by mail and at a provider, and the bare handler on the same
// tables.
type signInSite struct {
	url   string
	csrf  url.Values // what every form has
	jar   []*http.Cookie
	links chan string // of the mails
	bare  *bareSignIn
}

func newSignInSite(b *testing.B, e engine) *signInSite {
	b.Helper()
	a := openOn(b, e.empty(b))
	persons := make([]cardeatest.Person, signInsOfRound)
	for i := range persons {
		persons[i] = visitor(fmt.Sprint("visitor", i))
		addVisitor(b, a, persons[i])
	}
	idp := cardeatest.NewIssuer(b, persons...)
	s := &signInSite{links: make(chan string, 1), bare: newBareSignIn(b, a, idp)}
	unlimited := ratelimit.Rate{Count: 1_000_000, Within: time.Hour}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: a, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
			email.New(email.Options{
				From: "no-reply@example.com", Sender: s, AddressLimit: unlimited, ClientLimit: unlimited,
			}),
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(auth)
	b.Cleanup(server.Close)
	s.url = server.URL + "/api/auth"
	browser := cardeatest.NewBrowser(b, server.URL)
	s.csrf = url.Values{"csrfToken": {browser.CSRFToken()}}
	to, _ := url.Parse(server.URL)
	s.jar = browser.Jar.Cookies(to)
	return s
}

func addVisitor(b *testing.B, a *gormadapter.Adapter, p cardeatest.Person) {
	b.Helper()
	u := &cardea.User{Name: p.Name, Email: p.Email, EmailVerified: expiry}
	if err := a.CreateUser(b.Context(), u); err != nil {
		b.Fatal(err)
	}
	account := &cardea.Account{UserID: u.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: p.Subject}
	if err := a.LinkAccount(b.Context(), account); err != nil {
		b.Fatal(err)
	}
}

// Send implements [email.Sender].
func (s *signInSite) Send(_ context.Context, m email.Message) error {
	s.links <- m.Link
	return nil
}

// askForMail asks for a mail, and returns the request for its link.
func (s *signInSite) askForMail(b *testing.B, i int) *http.Request {
	b.Helper()
	res := s.post(b, "/signin/email", url.Values{"email": {fmt.Sprintf("visitor%d@example.com", i)}})
	return s.request(b, <-s.links, res)
}

// goToProvider begins a sign-in at the provider, and returns the request to the callback.
func (s *signInSite) goToProvider(b *testing.B, i int) *http.Request {
	b.Helper()
	res := s.post(b, fmt.Sprintf("/signin/idp?login_hint=visitor%d", i), nil)
	return s.request(b, callbackOf(b, res.Header.Get("Location")), res)
}

func (s *signInSite) post(b *testing.B, path string, form url.Values) *http.Response {
	b.Helper()
	body := url.Values{}
	maps.Copy(body, s.csrf)
	maps.Copy(body, form)
	req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range s.jar {
		req.AddCookie(c)
	}
	res, err := preparing.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	return res
}

// request returns a request of a browser that has got that answer before.
func (s *signInSite) request(b *testing.B, url string, before *http.Response) *http.Request {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range append(slices.Clone(s.jar), before.Cookies()...) {
		if c.MaxAge >= 0 {
			req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	return req
}

// callbackOf returns the URL to which the provider sends the browser that opens its page.
func callbackOf(b *testing.B, page string) string {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, page, nil)
	if err != nil {
		b.Fatal(err)
	}
	res, err := preparing.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Location")
}
