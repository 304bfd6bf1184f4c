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

// session is a session that @auth/core, the core of next-auth 5, made.
type session struct {
	ID, Token string
	Inputs    struct{ Secret, Salt string }
}

// nodeSession returns the session with that id; in v5 the salt is the name of its cookie.
func nodeSession(t *testing.T, id string) session {
	t.Helper()
	text, err := os.ReadFile("../../testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []json.RawMessage } // of several kinds
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		var s session
		if json.Unmarshal(v, &s) == nil && s.ID == id {
			return s
		}
	}
	t.Fatalf("no session %s", id)
	return session{}
}

// serve runs the API with the secret of the front end.
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

// ask returns the status and the body of an answer.
func ask(t *testing.T, method, url, cookie, origin string) (int, string) {
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
	res, err := http.DefaultClient.Do(req)
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

// The front end is on http in one case and, behind a proxy that ends TLS, on https in the other:
// the name of the cookie differs.
func TestSessionsOfNode(t *testing.T) {
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
			if status, body := ask(t, step.method, site+step.path, cookie, ""); status != step.status ||
				body != step.want {
				t.Errorf("%s %s: got %d %s, want %d %s", tt.id, step.path, status, body, step.status, step.want)
			}
		}
		if status, _ := ask(t, http.MethodPost, site+"/api/notes", cookie,
			"https://evil.example"); status != http.StatusForbidden {
			t.Errorf("%s: a page of another site got %d", tt.id, status)
		}
	}
}

func TestStrangers(t *testing.T) {
	s := nodeSession(t, "v5-session-basic")
	site := serve(t, s.Inputs.Secret)
	for name, cookie := range map[string]string{
		"no cookie":                "",
		"other name":               "__Secure-authjs.session-token=" + s.Token,
		"changed":                  "authjs.session-token=" + s.Token[:len(s.Token)-2] + "xx",
		"id of a database session": "authjs.session-token=0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e",
	} {
		if status, body := ask(t, http.MethodGet, site+"/api/me", cookie, ""); status != http.StatusUnauthorized ||
			!strings.Contains(body, `"unauthorized"`) {
			t.Errorf("%s: got %d %s", name, status, body)
		}
		if status, body := ask(t, http.MethodGet, site+"/api/greeting", cookie, ""); status != http.StatusOK ||
			body != `{"greeting":"Hello, stranger"}` {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
	if status, _ := ask(t, http.MethodGet, serve(t, "another secret")+"/api/me", "authjs.session-token="+s.Token,
		""); status != http.StatusUnauthorized {
		t.Errorf("with another secret: got %d", status)
	}
}

func TestWithoutSecret(t *testing.T) {
	if api, err := newAPI(""); api != nil || err == nil || !strings.Contains(err.Error(), "Config.Secret: missing") {
		t.Errorf("got %v, %v", api, err)
	}
}
