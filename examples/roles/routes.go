package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
)

// routes returns the handlers of the site, from what everybody may do to what few may do.
func (a *application) routes() http.Handler {
	editors := http.NewServeMux()
	editors.HandleFunc("GET /editors/articles", a.list)
	editors.HandleFunc("POST /editors/articles", a.publish)

	api := http.NewServeMux()
	api.Handle("GET /api/me", cardea.Handle(a.auth, me))
	api.Handle("GET /api/articles/{id}", cardea.Handle(a.auth, a.article))
	api.Handle("GET /api/users", only("admin")(http.HandlerFunc(a.users)))

	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", home)
	pages.Handle("GET /profile", cardea.Handle(a.auth, profile))
	pages.Handle("/editors/", a.auth.Require(only("editor", "admin")(editors)))
	pages.Handle("/api/", a.auth.Require(api))
	pages.Handle("/address", a.auth.RequireFresh(15*time.Minute, cardea.Handle(a.auth, address)))
	pages.Handle("/payout", a.auth.RequireLevel(2, cardea.Handle(a.auth, payout)))

	mux := http.NewServeMux()
	mux.Handle("/api/auth/", a.auth)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(a.auth.Load(pages)))
	return mux
}

// home is for everybody.
func home(w http.ResponseWriter, r *http.Request) {
	u, err := cardea.UserAs[User](r.Context())
	if err != nil {
		fmt.Fprintln(w, "Welcome. Please sign in.")
		return
	}
	fmt.Fprintf(w, "Welcome, %s.\n", u)
	if u.Role != "reader" {
		fmt.Fprintln(w, "To the articles: /editors/articles")
	}
}

func profile(w http.ResponseWriter, _ *http.Request, u *User) { fmt.Fprintf(w, "You are %s.\n", u) }

// visible says what the browser may know of a user.
func visible(_ context.Context, u *User) (map[string]any, error) {
	return map[string]any{"id": u.ID, "role": u.Role}, nil
}

// me answers with what the application itself chooses, and not with the row.
func me(w http.ResponseWriter, _ *http.Request, u *User) {
	json.NewEncoder(w).Encode(map[string]string{"name": u.String(), "role": u.Role})
}

// article is for its author, and for admins. Others are not told that it exists.
func (a *application) article(w http.ResponseWriter, r *http.Request, u *User) {
	var article Article
	err := a.db.WithContext(r.Context()).Where("id = ?", r.PathValue("id")).Limit(1).Find(&article).Error
	switch {
	case err != nil:
		refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
	case article.ID == 0 || article.AuthorID != u.ID && u.Role != "admin":
		refuse(w, r, http.StatusNotFound, "not_found", "There is no such article.")
	default:
		json.NewEncoder(w).Encode(article)
	}
}

func (a *application) list(w http.ResponseWriter, r *http.Request) {
	var articles []Article
	if err := a.db.WithContext(r.Context()).Order("id").Find(&articles).Error; err != nil {
		refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
		return
	}
	for _, article := range articles {
		fmt.Fprintf(w, "%d %s\n", article.ID, article.Title)
	}
}

func (a *application) publish(w http.ResponseWriter, r *http.Request) {
	u, err := cardea.UserAs[User](r.Context())
	if err != nil {
		refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
		return
	}
	article := Article{Title: r.PostFormValue("title"), AuthorID: u.ID}
	if err := a.db.WithContext(r.Context()).Create(&article).Error; err != nil {
		refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
		return
	}
	fmt.Fprintf(w, "Published as %d.\n", article.ID)
}

func (a *application) users(w http.ResponseWriter, r *http.Request) {
	var names []string
	if err := a.db.WithContext(r.Context()).Model(&User{}).Order("name").Pluck("name", &names).Error; err != nil {
		refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
		return
	}
	json.NewEncoder(w).Encode(names)
}

func address(w http.ResponseWriter, _ *http.Request, u *User) {
	fmt.Fprintf(w, "What is your new address, %s?\n", u)
}

func payout(w http.ResponseWriter, _ *http.Request, u *User) {
	fmt.Fprintf(w, "How much, %s?\n", u)
}
