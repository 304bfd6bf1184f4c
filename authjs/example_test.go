package authjs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

// An API that answers only those who have signed in at the Node server.
func Example() {
	sessions, err := authjs.New(authjs.Config{Secret: nodeSecret}) // in a program: os.Getenv("AUTH_SECRET")
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "Hello,", authjs.ClaimsFrom(r.Context()).Name())
	})))

	for _, r := range []*http.Request{fromStranger("/api/me"), fromAda("/api/me")} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 401 {"error":"unauthorized","message":"Sign in first."}
	// 200 Hello, Ada Lovelace
}

// With chi it is r.Use(protect).
func ExampleMiddleware() {
	protect, err := authjs.Middleware(authjs.Config{Secret: nodeSecret})
	if err != nil {
		fmt.Println(err)
		return
	}
	h := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, authjs.ClaimsFrom(r.Context()).Email())
	}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, fromAda("/"))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 200 ada@example.com
}

// New reports everything that is wrong at once.
func ExampleNew() {
	_, err := authjs.New(authjs.Config{CookieName: "my session", MaxAge: 30})
	fmt.Println(err)
	// Output:
	// authjs: Config.Secret: missing; it is the secret of the Node server, usually AUTH_SECRET there
	// authjs: Config.CookieName: want letters, digits and characters such as . - _, have "my session"
	// authjs: Config.MaxAge: want a second or more, have 30ns
}

// Without middleware, the error says why there is no session.
func ExampleSessions_Read() {
	sessions, err := authjs.New(authjs.Config{Secret: nodeSecret})
	if err != nil {
		fmt.Println(err)
		return
	}
	ofAnotherServer := fromStranger("/")
	ofAnotherServer.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: "0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e"})

	for _, r := range []*http.Request{fromAda("/"), fromStranger("/"), ofAnotherServer} {
		claims, err := sessions.Read(r)
		switch {
		case errors.Is(err, authjs.ErrNoSession):
			fmt.Println("nobody is signed in")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(claims.Subject(), claims.Expires().Format(time.DateOnly))
		}
	}
	// Output:
	// user-1 2126-11-23
	// nobody is signed in
	// authjs: session is not valid
}

// Load lets everybody pass: a page for strangers, too.
func ExampleSessions_Load() {
	sessions, err := authjs.New(authjs.Config{Secret: nodeSecret})
	if err != nil {
		fmt.Println(err)
		return
	}
	h := sessions.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if claims := authjs.ClaimsFrom(r.Context()); claims != nil {
			fmt.Fprintln(w, "Welcome back,", claims.Name())
			return
		}
		fmt.Fprintln(w, "Welcome")
	}))

	for _, r := range []*http.Request{fromStranger("/"), fromAda("/")} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Body)
	}
	// Output:
	// Welcome
	// Welcome back, Ada Lovelace
}

// The session as the application's own struct, with the claims that the jwt callback of the Node
// server added.
func ExampleAs() {
	type User struct {
		ID    string   `json:"sub"`
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
	}
	// or authjs.ClaimsFrom(r.Context())
	claims := authjs.Claims{"sub": "user-1", "name": "Ada Lovelace", "roles": []any{"admin", "user"}}

	user, err := authjs.As[User](claims)
	fmt.Printf("%+v %v\n", *user, err)

	_, err = authjs.As[User](authjs.Claims{"sub": "user-1", "roles": "admin"})
	fmt.Println(err)
	_, err = authjs.As[User](nil)
	fmt.Println(err)
	// Output:
	// {ID:user-1 Name:Ada Lovelace Roles:[admin user]} <nil>
	// authjs: claims as authjs_test.User: claim roles does not fit []string
	// authjs: no session
}

// A new secret is in use while sessions of the old one are out. Node does the same with a list:
// secret: [newest, old].
func ExampleConfig_rotation() {
	sessions, err := authjs.New(authjs.Config{
		Secret: "the new secret, 32 random bytes in production", PreviousSecrets: []string{nodeSecret},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := sessions.Read(fromAda("/"))
	fmt.Println(claims.Subject(), err)
	// Output: user-1 <nil>
}

// A session changes and is written again: here a role is added. Those that Node reads next have it
// too.
func ExampleSessions_Write() {
	sessions, err := authjs.New(authjs.Config{Secret: nodeSecret, InsecureCookies: true}) // on http://localhost only
	if err != nil {
		fmt.Println(err)
		return
	}
	promote := func(w http.ResponseWriter, r *http.Request) {
		claims, err := sessions.Read(r)
		if err != nil {
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		claims = maps.Clone(claims)
		claims["role"] = "admin"
		if err := sessions.Write(w, r, claims); err != nil {
			http.Error(w, "the session could not be written", http.StatusInternalServerError)
		}
	}

	w := httptest.NewRecorder()
	promote(w, fromAda("/"))
	for _, c := range w.Result().Cookies() {
		fmt.Println(c.Name, "Secure:", c.Secure, "HttpOnly:", c.HttpOnly)
	}
	// Output:
	// authjs.session-token Secure: false HttpOnly: true
}

// Signing out in this browser.
func ExampleSessions_Clear() {
	sessions, err := authjs.New(authjs.Config{Secret: nodeSecret})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	sessions.Clear(w, fromAda("/"))
	for _, line := range w.Header()["Set-Cookie"] {
		fmt.Println(line)
	}
	// Output:
	// __Secure-authjs.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax
	// authjs.session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
}

func fromStranger(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

// fromAda returns the request of a browser that has signed in at a Node server on http://localhost:
// the cookie is one that @auth/core made.
func fromAda(path string) *http.Request {
	var file struct{ Vectors []struct{ ID, Token string } }
	text, err := os.ReadFile("../testdata/authjs-vectors.json")
	if err != nil || json.Unmarshal(text, &file) != nil {
		panic("no vectors")
	}
	r := fromStranger(path)
	for _, v := range file.Vectors {
		if v.ID == "v5-session-basic" {
			r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: v.Token})
		}
	}
	return r
}
