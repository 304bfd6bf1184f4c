package authjs_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea/authjs"
)

// An API for users who have signed in at the Node server.
func Example() {
	sessions, err := authjs.New(authjs.Config{Secret: "the secret of the Node server"}) // os.Getenv("AUTH_SECRET")
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "Hello,", authjs.ClaimsFrom(r.Context()).Name())
	})))

	// A request without a session.
	r := httptest.NewRequest("GET", "/api/me", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)

	// The same request with the cookie of a session. The Node server sets such a cookie; here Write
	// makes it.
	cookie := httptest.NewRecorder()
	if err := sessions.Write(cookie, r, authjs.Claims{"sub": "user-1", "name": "Ada Lovelace"}); err != nil {
		fmt.Println(err)
		return
	}
	r.AddCookie(cookie.Result().Cookies()[0])
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 401 {"error":"unauthorized","message":"Sign in first."}
	// 200 Hello, Ada Lovelace
}

// The middleware of an API that needs nothing else. With chi, use r.Use(protect).
func ExampleMiddleware() {
	protect, err := authjs.Middleware(authjs.Config{Secret: "the secret of the Node server"})
	if err != nil {
		fmt.Println(err)
		return
	}
	h := protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, authjs.ClaimsFrom(r.Context()).Email())
	}))

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 401 {"error":"unauthorized","message":"Sign in first."}
}

// The error lists everything that is wrong with the configuration.
func ExampleNew() {
	_, err := authjs.New(authjs.Config{CookieName: "my session", MaxAge: 30})
	fmt.Println(err)
	// Output:
	// authjs: Config.Secret: missing; it is the secret of the Node server, usually AUTH_SECRET there
	// authjs: Config.CookieName: want letters, digits and characters such as . - _, have "my session"
	// authjs: Config.MaxAge: want a second or more, have 30ns
}

// The error says why a request has no session.
func ExampleSessions_Read() {
	sessions, err := authjs.New(authjs.Config{Secret: "the secret of the Node server"})
	if err != nil {
		fmt.Println(err)
		return
	}
	withoutCookie := httptest.NewRequest("GET", "/", nil)
	withSessionOfDatabase := httptest.NewRequest("GET", "/", nil)
	withSessionOfDatabase.AddCookie(&http.Cookie{
		Name: "authjs.session-token", Value: "0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e",
	})

	for _, r := range []*http.Request{withoutCookie, withSessionOfDatabase} {
		claims, err := sessions.Read(r)
		switch {
		case errors.Is(err, authjs.ErrNoSession):
			fmt.Println("nobody is signed in")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println("signed in:", claims.Subject())
		}
	}
	// Output:
	// nobody is signed in
	// authjs: session is not valid
}

// A page that everybody can see. It greets those who are signed in.
func ExampleSessions_Load() {
	sessions, err := authjs.New(authjs.Config{Secret: "the secret of the Node server"})
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

	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Body)
	// Output: Welcome
}

// The session as a struct of the application, with a claim that the jwt callback of the Node server
// has added.
func ExampleAs() {
	type User struct {
		ID    string   `json:"sub"`
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
	}
	// In a handler: claims := authjs.ClaimsFrom(r.Context())
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

// A new secret, while there are still sessions of the old one. For the same on the Node server, set
// secret to a list: [new, old].
func ExampleConfig_rotation() {
	before, err := authjs.New(authjs.Config{Secret: "the old secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := authjs.New(authjs.Config{Secret: "the new secret", PreviousSecrets: []string{"the old secret"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	// A session that was made before the change.
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	if err := before.Write(w, r, authjs.Claims{"sub": "user-1"}); err != nil {
		fmt.Println(err)
		return
	}
	r.AddCookie(w.Result().Cookies()[0])

	claims, err := after.Read(r)
	fmt.Println(claims.Subject(), err)
	// Output: user-1 <nil>
}

// A handler that adds a role to the session. The Node server reads the changed session, too.
func ExampleSessions_Write() {
	sessions, err := authjs.New(authjs.Config{
		Secret: "the secret of the Node server", InsecureCookies: true, // only for http://localhost
	})
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

	// A request of a user who is signed in.
	r := httptest.NewRequest("POST", "/promote", nil)
	w := httptest.NewRecorder()
	if err := sessions.Write(w, r, authjs.Claims{"sub": "user-1"}); err != nil {
		fmt.Println(err)
		return
	}
	r.AddCookie(w.Result().Cookies()[0])

	w = httptest.NewRecorder()
	promote(w, r)
	for _, c := range w.Result().Cookies() {
		fmt.Println(c.Name, "Secure:", c.Secure, "HttpOnly:", c.HttpOnly)
	}
	// Output:
	// authjs.session-token Secure: false HttpOnly: true
}

// A handler that signs out in this browser.
func ExampleSessions_Clear() {
	sessions, err := authjs.New(authjs.Config{Secret: "the secret of the Node server"})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	sessions.Clear(w, httptest.NewRequest("POST", "/sign-out", nil))
	for _, line := range w.Header()["Set-Cookie"] {
		fmt.Println(line)
	}
	// Output:
	// __Secure-authjs.session-token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax
	// authjs.session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax
}
