// Package chi is the web site with github.com/go-chi/chi.
package chi

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
)

// New returns the web site.
func New(auth *cardea.Auth) http.Handler {
	r := chi.NewRouter()
	r.Handle("/api/auth/*", auth)
	r.Group(func(r chi.Router) {
		r.Use(http.NewCrossOriginProtection().Handler, auth.Load)
		r.Get("/", home)
		r.Get("/news", news)
		r.Method(http.MethodGet, "/me", cardea.Handle(auth, me))
		r.Route("/editors", func(r chi.Router) {
			r.Use(auth.Require, site.Only("editor"))
			r.Get("/articles", articles)
			r.Post("/articles", publish)
		})
	})
	return r
}

func home(w http.ResponseWriter, r *http.Request) {
	if s := cardea.SessionFrom(r.Context()); s != nil {
		fmt.Fprintf(w, "Welcome back, %s.\n", s.User.Name)
		return
	}
	fmt.Fprintln(w, "Welcome. Please sign in at /api/auth/signin.")
}

// news is the same for everybody, so caches may store it.
func news(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=60")
	fmt.Fprintln(w, "No news today.")
}

// me runs only for visitors who are signed in, and gets their row.
func me(w http.ResponseWriter, _ *http.Request, u *site.User) {
	fmt.Fprintf(w, "You are %s (%s).\n", u, u.Role)
}

func articles(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "There are no articles yet.")
}

// publish has the row too: Require has read it.
func publish(w http.ResponseWriter, r *http.Request) {
	u, err := cardea.UserAs[site.User](r.Context())
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintf(w, "%s has published %q.\n", u, r.PostFormValue("title"))
}
