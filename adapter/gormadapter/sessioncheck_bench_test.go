//go:build unix

package gormadapter_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// BenchmarkSessionCheck compares GET session over HTTP, and a page behind Load, with a bare
// net/http handler that reads the cookie, runs the same query with the same driver and writes the
// same JSON. The two run in turn, so that a change of the machine's speed affects both. It reports
// the medians of the ratios of the rounds, and the throughput that the processor's time alone would
// allow, on which other programs have less influence; the time of a server does not count there.
// One operation is one round of both.
//
// A JWT session needs no database, so SQLite is enough there.
func BenchmarkSessionCheck(b *testing.B) {
	onEach(b, func(b *testing.B, e engine) {
		strategies := []cardea.Strategy{cardea.StrategyDatabase}
		if e.name == "SQLite" {
			strategies = append(strategies, cardea.StrategyJWT)
		}
		for _, strategy := range strategies {
			site := newCheckedSite(b, e, strategy)
			b.Run(string(strategy)+", GET session", func(b *testing.B) { site.compare(b, "/api/auth/session") })
			b.Run(string(strategy)+", Load", func(b *testing.B) { site.compare(b, "/page") })
		}
	})
}

func (site checkedSite) compare(b *testing.B, path string) {
	urls := [2]string{site.bareURL, site.url + path}
	for _, url := range urls {
		measure(b, url, site.cookies)
	}
	var throughput, cpu, p99, allocs []float64
	var spent time.Duration
	for b.Loop() {
		var round [2]measured
		first := rand.N(2)
		for _, who := range []int{first, 1 - first} {
			round[who] = measure(b, urls[who], site.cookies)
		}
		bare, own := round[0], round[1]
		throughput = append(throughput, bare.elapsed.Seconds()/own.elapsed.Seconds())
		cpu, spent = append(cpu, bare.cpu.Seconds()/own.cpu.Seconds()), spent+own.cpu
		p99 = append(p99, own.p99.Seconds()/bare.p99.Seconds())
		allocs = append(allocs, own.allocs-bare.allocs)
	}
	b.ReportMetric(median(throughput), "throughput-ratio")
	b.ReportMetric(median(cpu), "cpu-throughput-ratio")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*roundRequests), "cpu-ns/request")
	b.ReportMetric(median(p99), "p99-ratio")
	b.ReportMetric(median(allocs), "more-allocs/request")
	b.ReportMetric(0, "ns/op")
}

// checkedSite is a site with one visitor signed in, and the bare handler.
type checkedSite struct {
	url, bareURL string
	cookies      []*http.Cookie
}

func newCheckedSite(b *testing.B, e engine, strategy cardea.Strategy) checkedSite {
	adapter := openOn(b, e.empty(b))
	idp := cardeatest.NewIssuer(b)
	auth, err := cardea.New(cardea.Config{
		Secret: "a secret of at least 32 bytes, only for tests", Adapter: adapter,
		Logger:  slog.New(slog.DiscardHandler),
		Session: cardea.SessionConfig{Strategy: strategy},
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/page", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := cardea.SessionFrom(r.Context())
		writeBare(w, &s.User.Name, &s.User.Email, nil, s.Expires)
	})))
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	visitor := cardeatest.SignIn(b, server.URL, "idp", "")
	req, _ := http.NewRequest(http.MethodGet, server.URL, nil)

	name := "authjs.session-token"
	if strategy == cardea.StrategyJWT { // the bare handler reads its session from the database even so
		name = "bare"
		insertBareSession(b, adapter)
	}
	plain := httptest.NewServer(bareHandler(bare(b, adapter, findSession), name))
	b.Cleanup(plain.Close)
	return checkedSite{
		server.URL, plain.URL,
		append(visitor.Client.Jar.Cookies(req.URL), &http.Cookie{Name: "bare", Value: bareToken}),
	}
}

const bareToken = "bare-token-of-43-characters-0123456789abcde"

func insertBareSession(b *testing.B, a *gormadapter.Adapter) {
	err := a.DB().Exec(`INSERT INTO "session" (id, user_id, expires, session_token) SELECT 'bare', id, ?, ? FROM "user"`,
		time.Now().Add(time.Hour).UnixMilli(), hashed(bareToken)).Error
	if err != nil {
		b.Fatal(err)
	}
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// bareHandler is what an application would write by hand, with the statement prepared.
func bareHandler(stmt bareStatement, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(name)
		if err != nil {
			http.Error(w, "no session", http.StatusUnauthorized)
			return
		}
		var token, userID, id string
		var userName, email, image *string
		var expires time.Time
		var verified *time.Time
		err = stmt.row(r.Context(), hashed(cookie.Value)).Scan(&token, &userID, &expires, &id, &userName,
			&email, &verified, &image)
		if err != nil || time.Now().After(expires) {
			http.Error(w, "no session", http.StatusUnauthorized)
			return
		}
		writeBare(w, userName, email, image, expires)
	})
}

func writeBare(w http.ResponseWriter, name, email, image *string, expires time.Time) {
	body, err := json.Marshal(bareBody{
		bareUser{name, email, image}, expires.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-cache, no-store")
	w.Write(body)
}

type bareBody struct {
	User    bareUser `json:"user"`
	Expires string   `json:"expires"`
}

type bareUser struct {
	Name  *string `json:"name"`
	Email *string `json:"email"`
	Image *string `json:"image"`
}

// measured is one round: requests from a few clients at once.
type measured struct {
	elapsed time.Duration
	cpu     time.Duration // of server and client together
	p99     time.Duration
	allocs  float64 // per request, server and client together
}

const (
	roundRequests = 1000
	roundClients  = 4
)

func measure(b *testing.B, url string, cookies []*http.Cookie) measured {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: roundClients}
	defer transport.CloseIdleConnections()
	latencies := make([]time.Duration, roundRequests)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, begin := time.Now(), processorTime()
	var clients sync.WaitGroup
	for c := range roundClients {
		clients.Go(func() {
			for i := c; i < roundRequests; i += roundClients {
				began := time.Now()
				if err := check(transport, url, cookies); err != nil {
					b.Error(err)
					return
				}
				latencies[i] = time.Since(began)
			}
		})
	}
	clients.Wait()
	m := measured{elapsed: time.Since(start), cpu: processorTime() - begin}
	runtime.ReadMemStats(&after)
	slices.Sort(latencies)
	m.p99 = latencies[len(latencies)*99/100]
	m.allocs = float64(after.Mallocs-before.Mallocs) / roundRequests
	return m
}

// check requests the session once, and checks that there is one.
func check(transport *http.Transport, url string, cookies []*http.Cookie) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err == nil && (res.StatusCode != http.StatusOK || len(body) < 50) {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return err
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
