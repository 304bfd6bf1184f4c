//go:build unix

package cardea_test

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
	"github.com/go-jose/go-jose/v4"
)

// BenchmarkJWTSessionCheck compares GET session over HTTP, and a page behind Load, with what a
// careful programmer would write by hand with net/http and go-jose: the same cookie is decrypted,
// and for GET session a new one is encrypted and set, as Auth.js does. The two run in turn. It
// reports the medians of the ratios of the rounds.
func BenchmarkJWTSessionCheck(b *testing.B) {
	idp := cardeatest.NewIssuer(b)
	auth, err := cardea.New(cardea.Config{
		Secret: benchSecret, Logger: slog.New(slog.DiscardHandler),
		Session: cardea.SessionConfig{Strategy: cardea.StrategyJWT},
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	bare := newBareJWT(b)
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.HandleFunc("/bare/session", bare.session)
	mux.HandleFunc("/bare/page", bare.page)
	mux.Handle("/page", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := cardea.SessionFrom(r.Context()).User
		writeBareJWT(w, bareClaims{Name: u.Name, Email: u.Email, Picture: u.Image})
	})))
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	client := cardeatest.SignIn(b, server.URL, "idp", "").Client
	for name, paths := range map[string][2]string{
		"GET session": {"/bare/session", "/api/auth/session"},
		"Load":        {"/bare/page", "/page"},
	} {
		b.Run(name, func(b *testing.B) {
			var time, cpu, allocs []float64
			for b.Loop() {
				bare := roundOf(b, client, server.URL+paths[0])
				own := roundOf(b, client, server.URL+paths[1])
				time = append(time, bare.elapsed.Seconds()/own.elapsed.Seconds())
				cpu = append(cpu, bare.cpu.Seconds()/own.cpu.Seconds())
				allocs = append(allocs, own.allocs-bare.allocs)
			}
			b.ReportMetric(medianOf(time), "throughput-ratio")
			b.ReportMetric(medianOf(cpu), "cpu-throughput-ratio")
			b.ReportMetric(medianOf(allocs), "more-allocs/request")
			b.ReportMetric(0, "ns/op")
		})
	}
}

const benchSecret = "a secret of at least 32 bytes, only for tests"

// jwtRound is what a round of requests took.
type jwtRound struct {
	elapsed, cpu time.Duration
	allocs       float64 // per request, server and client together
}

func roundOf(b *testing.B, client *http.Client, url string) (r jwtRound) {
	b.Helper()
	const requests = 500
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, cpu := time.Now(), processTime(b)
	for range requests {
		res, err := client.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "@") {
			b.Fatalf("%s: %s, %s, %v", url, res.Status, body, err)
		}
	}
	r.elapsed, r.cpu = time.Since(start), processTime(b)-cpu
	runtime.ReadMemStats(&after)
	r.allocs = float64(after.Mallocs-before.Mallocs) / requests
	return r
}

// processTime returns the processor time that this process has taken so far.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func medianOf(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// bareJWT reads and writes the session cookie of Auth.js by hand.
type bareJWT struct {
	key       []byte
	encrypter jose.Encrypter
}

type bareClaims struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Picture string `json:"picture,omitempty"`
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
	ID      string `json:"jti"`
}

func newBareJWT(b *testing.B) bareJWT {
	b.Helper()
	key, err := hkdf.Key(sha256.New, []byte(benchSecret), []byte(sessionCookie),
		"Auth.js Generated Encryption Key ("+sessionCookie+")", 64)
	if err != nil {
		b.Fatal(err)
	}
	encrypter, err := jose.NewEncrypter(jose.A256CBC_HS512, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, nil)
	if err != nil {
		b.Fatal(err)
	}
	return bareJWT{key, encrypter}
}

func (j bareJWT) read(r *http.Request) (c bareClaims, err error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return c, err
	}
	token, err := jose.ParseEncryptedCompact(cookie.Value,
		[]jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256CBC_HS512})
	if err != nil {
		return c, err
	}
	content, err := token.Decrypt(j.key)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, err
	}
	if time.Now().Unix() > c.Expires {
		return c, errors.New("the session has ended")
	}
	return c, nil
}

func (j bareJWT) page(w http.ResponseWriter, r *http.Request) {
	c, err := j.read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	writeBareJWT(w, c)
}

func (j bareJWT) session(w http.ResponseWriter, r *http.Request) {
	c, err := j.read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	expires := time.Now().Add(30 * 24 * time.Hour)
	c.Expires = expires.Unix()
	content, err := json.Marshal(c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	token, err := j.encrypter.Encrypt(content)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	value, err := token.CompactSerialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	writeBareJWT(w, c)
}

func writeBareJWT(w http.ResponseWriter, c bareClaims) {
	body, err := json.Marshal(struct {
		User    map[string]string `json:"user"`
		Expires string            `json:"expires"`
	}{
		map[string]string{"name": c.Name, "email": c.Email, "image": c.Picture},
		time.Unix(c.Expires, 0).UTC().Format("2006-01-02T15:04:05.000Z"),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-cache, no-store")
	w.Write(body)
}
