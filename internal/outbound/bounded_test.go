package outbound

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

// A bounded client has the limits of Do, even if the client that it was made of has none.
func TestBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/huge":
			io.WriteString(w, strings.Repeat("x", MaxBody+1))
		case "/teapot":
			w.WriteHeader(http.StatusTeapot)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		io.WriteString(w, "ok "+r.Header.Get("User-Agent")+r.Header.Get("Cookie"))
	}))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := Bounded(&http.Client{Jar: jar, Transport: &http.Transport{}})
	for range 2 {
		res, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || string(body) != "ok cardea" || res.StatusCode != http.StatusOK {
			t.Errorf("got %d %s, %v", res.StatusCode, body, err)
		}
	}
	if res, err := client.Get(server.URL + "/teapot"); err != nil || res.StatusCode != http.StatusTeapot {
		t.Errorf("got %v, %v", res, err)
	}
	for _, url := range []string{
		server.URL + "/away", server.URL + "/huge", "http://idp.example/", "ftp://idp.example/",
		"https://u:p@idp.example/",
	} {
		if res, err := client.Get(url); err == nil {
			t.Errorf("%s: got %d", url, res.StatusCode)
		}
	}
	if res, err := Bounded(nil).Get(server.URL); err == nil {
		t.Errorf("without a client: got %d", res.StatusCode)
	}
}
