package outbound

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// get sends a GET request with Do.
func get(t *testing.T, ctx context.Context, client *http.Client, url string) (*Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Do(client, req)
}

// Better Auth GHSA-5rr4-8452-hf4v, Casdoor CVE-2026-5469, Zitadel CVE-2025-67494: SSRF through
// discovery.
func TestCheckAddressRefusesThisMachine(t *testing.T) {
	t.Parallel()
	loopback := []string{
		"127.0.0.1:80", "127.8.9.1:443", "[::1]:80", "[::ffff:127.0.0.1]:80", "[64:ff9b::127.0.0.1]:80",
		"[::127.0.0.1]:80", "[2002:7f00:1::]:80",
	}
	never := []string{
		"169.254.169.254:80", "[::ffff:169.254.169.254]:80", "[64:ff9b::a9fe:a9fe]:80", "[2002:a9fe:a9fe::1]:80",
		"[fe80::1]:80", "[fe80::1%eth0]:80",
		"0.0.0.0:80", "[::]:80", "[::ffff:0.0.0.0]:80", "224.0.0.1:80", "[ff02::1]:80", "[fd00:ec2::254]:80",
		"idp.example:443", "",
	}
	allowed := []string{
		"10.0.0.1:443", "172.16.0.9:443", "192.168.1.1:443", "[fd12:3456::1]:443", "93.184.216.34:443",
		"[2606:2800:220:1::1]:443",
	}
	for _, address := range loopback {
		if checkAddress(address, false) == nil {
			t.Errorf("checkAddress(%q, false) allowed it", address)
		}
		if err := checkAddress(address, true); err != nil {
			t.Errorf("checkAddress(%q, true) = %v", address, err)
		}
	}
	for _, address := range never {
		if checkAddress(address, false) == nil || checkAddress(address, true) == nil {
			t.Errorf("checkAddress(%q) allowed it", address)
		}
	}
	for _, address := range allowed {
		if err := checkAddress(address, false); err != nil {
			t.Errorf("checkAddress(%q, false) = %v", address, err)
		}
	}
}

// The same advisories, with the real client. The name resolves to a loopback address, so only the
// check at dial time can refuse it.
func TestClientRefusesLoopbackAfterNameResolution(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls.Add(1) }))
	defer server.Close()
	byName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for _, url := range []string{server.URL, byName} {
		if _, err := get(t, t.Context(), Client(false), url); err == nil ||
			!strings.Contains(err.Error(), "not allowed") {
			t.Errorf("calling %s: got error %v, want it not allowed", url, err)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("server was called %d times", n)
	}
	if _, err := get(t, t.Context(), Client(true), server.URL); err != nil {
		t.Errorf("with loopback allowed: %v", err)
	}
}

func TestClientUsesNoProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	if transport := Client(false).Transport.(*http.Transport); transport.Proxy != nil {
		t.Error("client has a proxy function")
	}
}

func TestDoRefusesRedirectsWhateverTheClient(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/from/{status}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/to")
		status, _ := strconv.Atoi(r.PathValue("status"))
		w.WriteHeader(status)
	})
	mux.HandleFunc("/to", func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, client := range []*http.Client{Client(true), server.Client(), {Transport: &http.Transport{}}} {
		for _, status := range []string{"300", "301", "302", "303", "307", "308", "399"} {
			_, err := get(t, t.Context(), client, server.URL+"/from/"+status)
			if err == nil || !strings.Contains(err.Error(), "redirect refused") {
				t.Errorf("status %s: got error %v", status, err)
			}
		}
	}
	if followed.Load() {
		t.Error("a redirect was followed")
	}
}

// x/oauth2 CVE-2025-22868, and endless bodies in general.
func TestDoLimitsTheResponse(t *testing.T) {
	t.Parallel()
	const exact = MaxBody
	mux := http.NewServeMux()
	mux.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("x", exact))
	})
	mux.HandleFunc("/longer", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("x", exact+1))
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		io.CopyN(z, zeros{}, 50<<20)
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 1<<20))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client := Client(true)
	resp, err := get(t, t.Context(), client, server.URL+"/exact")
	if err != nil || len(resp.Body) != exact {
		t.Errorf("response of the maximum length: %v", err)
	}
	for _, path := range []string{"/longer", "/bomb"} {
		if _, err := get(t, t.Context(), client, server.URL+path); err == nil ||
			!strings.Contains(err.Error(), "longer than") {
			t.Errorf("%s: got error %v", path, err)
		}
	}
	if _, err := get(t, t.Context(), client, server.URL+"/headers"); err == nil {
		t.Error("a megabyte of headers was read")
	}
}

// Do stops reading an endless response at the limit.
func TestDoStopsReading(t *testing.T) {
	t.Parallel()
	body := &endless{t: t}
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
	})}
	if _, err := get(t, t.Context(), client, "https://idp.example/"); err == nil ||
		!strings.Contains(err.Error(), "longer than") || !body.closed {
		t.Errorf("got error %v; closed: %v", err, body.closed)
	}
}

// roundTrip is a transport that calls a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// endless is an endless body. It fails the test if more than twice the limit is read.
type endless struct {
	t      *testing.T
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	if e.read > 2*MaxBody {
		e.t.Error("too much was read")
		return 0, io.EOF
	}
	return len(p), nil
}

func (e *endless) Close() error { e.closed = true; return nil }

// A request to a server that never answers ends after the timeout.
func TestRequestsEndAfterTheTimeout(t *testing.T) {
	t.Parallel()
	hanging := roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for name, client := range map[string]*http.Client{
		"Client": Client(false), "Bounded": Bounded(&http.Client{Transport: hanging}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if name == "Client" {
					client.Transport = hanging
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				if _, err := get(t, ctx, client, "https://idp.example/"); err == nil || time.Since(start) != Timeout {
					t.Errorf("got error %v after %v", err, time.Since(start))
				}
			})
		})
	}
}

// zeros is an endless body of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDoStopsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	defer server.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := get(t, ctx, Client(true), server.URL+"/?secret=s3cr3t")
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("got error %v, want the deadline without the URL", err)
	}
}

func TestDoRefusesPlainHTTPAndMissingClient(t *testing.T) {
	t.Parallel()
	if _, err := get(t, t.Context(), Client(true), "http://idp.example/"); err == nil ||
		!strings.Contains(err.Error(), "https") {
		t.Errorf("plain http: got error %v", err)
	}
	if _, err := get(t, t.Context(), nil, "https://idp.example/"); err == nil {
		t.Error("a nil client was used")
	}
}

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	good := []string{
		"https://idp.example/token", "https://idp.example:8443/a?b=c", "https://10.0.0.1/",
		"http://localhost:3000/x", "http://LOCALHOST/x", "http://app.localhost/x", "http://127.0.0.1:1/",
		"http://[::1]:1/",
	}
	bad := []string{
		"", "idp.example", "/token", "//idp.example/token", "http://idp.example/", "ftp://idp.example/",
		"javascript:alert(1)", "https:///x", "https:idp.example",
		"https://user@idp.example/", "https://user:pass@idp.example/", "https://idp.example/#f",
		"https://idp.example/#", "http://localhost.evil.example/",
		"http://evil-localhost/", "http://0.0.0.0/", "http://10.0.0.1/", "http://169.254.169.254/", "https://a b/",
		"https://idp.example/%zz",
	}
	for _, raw := range good {
		if err := CheckEndpoint(raw); err != nil {
			t.Errorf("CheckEndpoint(%q) = %v", raw, err)
		}
	}
	for _, raw := range bad {
		if err := CheckEndpoint(raw); err == nil {
			t.Errorf("CheckEndpoint(%q) found nothing wrong", raw)
		} else if strings.Contains(err.Error(), "pass") {
			t.Errorf("CheckEndpoint(%q) quotes the password: %v", raw, err)
		}
	}
	if !IsLoopbackURL("http://localhost:1/") || IsLoopbackURL("https://idp.example") || IsLoopbackURL("%") {
		t.Error("IsLoopbackURL is wrong")
	}
}

func TestObjectDecodesOneJSONObject(t *testing.T) {
	t.Parallel()
	v, err := Object([]byte(`{"id":12345678901234567890}`))
	if err != nil || v["id"].(interface{ String() string }).String() != "12345678901234567890" {
		t.Errorf("got %v, %v, want the number as written", v, err)
	}
	for _, body := range []string{
		"", "null", "[]", "1", `"x"`, "<html>", `{"a":1}{"b":2}`, `{"a":1} x`, `{"a":`, strings.Repeat("[", 100_000),
	} {
		if v, err := Object([]byte(body)); err == nil || v != nil {
			t.Errorf("Object(%.20q) = %v, %v", body, v, err)
		}
	}
	for _, body := range []string{"", "null", "{}", "[1]", `["a"]`} {
		if v, err := Objects([]byte(body)); err == nil || v != nil {
			t.Errorf("Objects(%.20q) = %v, %v", body, v, err)
		}
	}
	if v, err := Objects([]byte(`[{"email":"a"},{}]`)); err != nil || len(v) != 2 {
		t.Errorf("got %v, %v", v, err)
	}
}
