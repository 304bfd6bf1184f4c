package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// session is a session token that @auth/core, the core of next-auth 5, created.
type session struct {
	ID, Token string
	Inputs    struct{ Secret, Salt string } // in version 5 the salt is the name of the cookie
}

// nodeSession returns the session with the ID from the test vectors.
func nodeSession(t *testing.T, id string) session {
	t.Helper()
	text, err := os.ReadFile("../../testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []json.RawMessage } // not only sessions
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		var s session
		if json.Unmarshal(v, &s) == nil && s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no session %s", id)
	return session{}
}

// serve runs the API with the front end's secret and returns its URL.
func serve(t *testing.T, secret string) string {
	t.Helper()
	api, err := newAPI(secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}

// request returns the status and the body of a response. The headers Cookie and Origin are left out
// if they are empty.
func request(t *testing.T, method, url, cookie, origin string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(body))
}

// The front end of the first session was on http, that of the second on https, behind a proxy that
// terminates TLS. Their cookies have different names.
func TestSessionsOfAuthJS(t *testing.T) {
	for _, tt := range []struct{ id, me, greeting, note string }{
		{"v5-session-basic", `{"sub":"user-1","name":"Ada Lovelace","email":"ada@example.com"}`,
			`{"greeting":"Hello, Ada Lovelace"}`, `{"author":"user-1"}`},
		{"v5-session-secure-rotated", `{"sub":"42","name":"Žluťoučký kůň 🐎","email":"e@x.y"}`,
			`{"greeting":"Hello, Žluťoučký kůň 🐎"}`, `{"author":"42"}`},
	} {
		s := nodeSession(t, tt.id)
		site, cookie := serve(t, s.Inputs.Secret), s.Inputs.Salt+"="+s.Token
		for _, step := range []struct {
			method, path string
			status       int
			want         string
		}{
			{http.MethodGet, "/api/me", http.StatusOK, tt.me},
			{http.MethodGet, "/api/greeting", http.StatusOK, tt.greeting},
			{http.MethodPost, "/api/notes", http.StatusCreated, tt.note},
		} {
			status, body := request(t, step.method, site+step.path, cookie, "")
			if status != step.status || body != step.want {
				t.Errorf("%s %s: got %d %s, want %d %s", tt.id, step.path, status, body, step.status, step.want)
			}
		}
		status, _ := request(t, http.MethodPost, site+"/api/notes", cookie, "https://evil.example")
		if status != http.StatusForbidden {
			t.Errorf("%s: a request of another site got %d", tt.id, status)
		}
	}
}

func TestWithoutValidSession(t *testing.T) {
	s := nodeSession(t, "v5-session-basic")
	site := serve(t, s.Inputs.Secret)
	for name, cookie := range map[string]string{
		"no cookie":                   "",
		"another cookie name":         "__Secure-authjs.session-token=" + s.Token,
		"changed token":               "authjs.session-token=" + s.Token[:len(s.Token)-2] + "xx",
		"token of a database session": "authjs.session-token=0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e",
	} {
		status, body := request(t, http.MethodGet, site+"/api/me", cookie, "")
		if status != http.StatusUnauthorized || !strings.Contains(body, `"unauthorized"`) {
			t.Errorf("%s: got %d %s", name, status, body)
		}
		status, body = request(t, http.MethodGet, site+"/api/greeting", cookie, "")
		if status != http.StatusOK || body != `{"greeting":"Hello, stranger"}` {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
	cookie := "authjs.session-token=" + s.Token
	status, _ := request(t, http.MethodGet, serve(t, "another secret")+"/api/me", cookie, "")
	if status != http.StatusUnauthorized {
		t.Errorf("with another secret: got %d", status)
	}
}

func TestWithoutSecret(t *testing.T) {
	if api, err := newAPI(""); api != nil || err == nil || !strings.Contains(err.Error(), "Config.Secret: missing") {
		t.Errorf("got %v, %v", api, err)
	}
}
