package fiber

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
)

// keeper is a handler that keeps parts of the requests, as a store in memory does.
type keeper struct {
	mu    sync.Mutex
	parts []string
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, values := range r.Header {
		k.parts = append(k.parts, name+": "+strings.Join(values, ", "))
		k.parts = append(k.parts, values...)
	}
	k.parts = append(k.parts, r.Method, r.Host, r.URL.Path, r.URL.RawQuery, r.RequestURI, r.RemoteAddr, r.Proto,
		r.FormValue("title"))
	fmt.Fprint(w, r.URL.Path)
}

// visit sends 20 requests, one after the other on one connection, and returns how many of the
// strings that the handler has kept were changed by a later request.
func visit(t *testing.T, app *fiber.App, k *keeper) (changed int) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	transport := &http.Transport{}
	var kept []string
	for i := range 20 {
		path := "/" + strings.Repeat(string(rune('a'+i)), 40)
		body := strings.NewReader("title=" + path)
		to := "http://" + listener.Addr().String() + path + "?q=" + path
		req, err := http.NewRequestWithContext(t.Context(), "POST", to, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", "Browser of "+path)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(text) != path {
			t.Fatalf("got %q and %v, want %q", text, err, path)
		}
		k.mu.Lock()
		for _, part := range k.parts[len(kept):] {
			kept = append(kept, strings.Clone(part))
		}
		k.mu.Unlock()
	}
	transport.CloseIdleConnections()
	if err := app.Shutdown(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
	for i, part := range k.parts {
		if part != kept[i] {
			changed++
		}
	}
	return changed
}

// What a handler keeps of a request stays as it is, and its context is not that of fasthttp.
func TestHandlerOwnsItsRequest(t *testing.T) {
	t.Parallel()
	k, app := &keeper{}, fiber.New()
	app.Use(handler(k))
	if n := visit(t, app, k); n > 0 {
		t.Errorf("%d of %d strings were changed by later requests", n, len(k.parts))
	}
	for _, want := range []string{"POST", "/" + strings.Repeat("b", 40), "q=/" + strings.Repeat("b", 40),
		"User-Agent: Browser of /" + strings.Repeat("b", 40), "HTTP/1.1"} {
		if !slices.Contains(k.parts, want) {
			t.Errorf("the handler did not get %q", want)
		}
	}
}

// Fiber's adaptor alone gives a request whose strings change later, with Immutable too. If that is
// no longer so, the copy is no longer needed.
func TestAdaptorSharesMemory(t *testing.T) {
	t.Parallel()
	for _, immutable := range []bool{false, true} {
		k, app := &keeper{}, fiber.New(fiber.Config{Immutable: immutable})
		app.Use(adaptor.HTTPHandler(k))
		if n := visit(t, app, k); n == 0 {
			t.Errorf("Immutable %t: nothing was changed", immutable)
		}
	}
}

// The default of ReadBufferSize is too small for large sessions.
func TestDefaultReadBufferSize(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{0: http.StatusRequestHeaderFieldsTooLarge, 16 << 10: http.StatusOK} {
		app := fiber.New(fiber.Config{ReadBufferSize: size})
		app.Use(func(c fiber.Ctx) error { return c.SendString("here") })
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		go app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true})
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+listener.Addr().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 { // a session of 6000 bytes
			req.AddCookie(&http.Cookie{
				Name: fmt.Sprintf("authjs.session-token.%d", i), Value: strings.Repeat("s", 3000),
			})
		}
		res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("ReadBufferSize %d: got %s, want %d", size, res.Status, want)
		}
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
	}
}
