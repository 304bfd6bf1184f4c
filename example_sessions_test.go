package cardea_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/memadapter"
)

// A page on which users see where they are signed in, and the form that ends one of the sessions.
func ExampleAuth_EndSession() {
	store := memadapter.New()
	ann := &cardea.User{Name: "Ann Example"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
	auth, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Logger:  slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter: store,
		Providers: []cardea.Provider{credentials.New(credentials.Options{ // anything signs Ann in
			Fields: []cardea.Field{{Name: "name", Label: "Name"}},
			Authorize: func(context.Context, credentials.Input) (*cardea.User, error) {
				return &cardea.User{ID: ann.ID}, nil
			},
		})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /sessions", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current := cardea.SessionFrom(r.Context())
		sessions, err := auth.Sessions(r.Context(), current.UserID)
		if err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		others := 0
		for _, s := range sessions { // s.ID() is the value that the form sends
			if s.ID() != current.ID() {
				others++
			}
		}
		fmt.Fprintf(w, "This session and %d more.", others)
	})))
	mux.Handle("POST /sessions/end", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		current := cardea.SessionFrom(r.Context())
		if err := auth.EndSession(r.Context(), current.UserID, r.FormValue("id")); err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(w, r, "/sessions", http.StatusSeeOther)
	})))
	site := httptest.NewServer(mux)
	defer site.Close()

	// Ann signs in on two devices.
	signIn := func() *http.Client {
		jar, _ := cookiejar.New(nil)
		browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
		res, err := browser.Get(site.URL + "/api/auth/csrf")
		if err != nil {
			log.Fatal(err)
		}
		var form struct{ CSRFToken string }
		if err := json.NewDecoder(res.Body).Decode(&form); err != nil {
			log.Fatal(err)
		}
		if _, err := browser.PostForm(site.URL+"/api/auth/callback/credentials", url.Values{
			"csrfToken": {form.CSRFToken}, "callbackUrl": {"/sessions"},
		}); err != nil {
			log.Fatal(err)
		}
		return browser
	}
	show := func(res *http.Response, err error) {
		if err != nil {
			log.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(res.StatusCode, string(page))
	}
	phone := signIn()
	sessions, err := auth.Sessions(context.Background(), ann.ID)
	if err != nil {
		log.Fatal(err)
	}
	laptop := signIn()

	// On the laptop she ends the session of the phone.
	show(laptop.Get(site.URL + "/sessions"))
	show(laptop.PostForm(site.URL+"/sessions/end", url.Values{"id": {sessions[0].ID()}}))
	show(phone.Get(site.URL + "/sessions"))
	// Output:
	// 200 This session and 1 more.
	// 200 This session and 0 more.
	// 401 {"error":"unauthorized","message":"Sign in first."}
}
