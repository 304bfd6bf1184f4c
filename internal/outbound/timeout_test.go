package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An http.Client has no timeout unless somebody sets one, which is a common reason for requests
// that hang: https://pkg.go.dev/net/http#Client.
func TestDoEndsAfterTheTimeoutWhateverTheClient(t *testing.T) {
	t.Parallel()
	obedient := roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for name, client := range map[string]func(stop <-chan struct{}) *http.Client{
		"without a timeout": func(<-chan struct{}) *http.Client { return &http.Client{Transport: obedient} },
		"with a long timeout": func(<-chan struct{}) *http.Client {
			return &http.Client{Transport: obedient, Timeout: time.Hour}
		},
		"with a transport that ignores the context": func(stop <-chan struct{}) *http.Client {
			return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				<-stop
				return nil, errors.New("stopped")
			})}
		},
		"with a body that never ends": func(stop <-chan struct{}) *http.Client {
			return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Body: hanging{stop}}, nil
			})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stop := make(chan struct{})
				defer close(stop)
				start := time.Now()
				resp, err := get(t, context.WithoutCancel(t.Context()), client(stop),
					"https://idp.example/?code=s3cr3t")
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != Timeout {
					t.Errorf("got %v, %v after %v", resp, err, time.Since(start))
				}
				if strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("the error has the URL: %v", err)
				}
			})
		})
	}
}

// hanging is a body that blocks until the test ends.
type hanging struct{ stop <-chan struct{} }

func (h hanging) Read([]byte) (int, error) { <-h.stop; return 0, io.EOF }
func (hanging) Close() error               { return nil }

func TestShorterTimeoutOfTheClientIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Timeout: time.Second,
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})}
		start := time.Now()
		if _, err := get(t, t.Context(), client, "https://idp.example/"); err == nil ||
			time.Since(start) != time.Second {
			t.Errorf("got error %v after %v", err, time.Since(start))
		}
	})
}

func TestPanicOfTheClientIsAnError(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { panic("broken") })}
	if resp, err := get(t, t.Context(), client, "https://idp.example/"); err == nil {
		t.Errorf("got %v", resp)
	}
}

// The server answers only when all requests of a round have arrived, so each round needs as many
// connections as it has requests. The rounds after the first need no new ones.
func TestConnectionsAreReusedByManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	const rounds, together = 4, 100
	var opened atomic.Int32
	var round sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		round.Done()
		round.Wait()
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := Client(true)
	for range rounds {
		round.Add(together)
		var requests sync.WaitGroup
		for range together {
			requests.Go(func() {
				if _, err := get(t, t.Context(), client, server.URL); err != nil {
					t.Error(err)
				}
			})
		}
		requests.Wait()
	}
	if n := opened.Load(); n > together+together/10 {
		t.Errorf("%d connections for %d rounds of %d requests", n, rounds, together)
	}
}
