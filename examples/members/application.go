package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// application is the web site of the library.
type application struct {
	db   *gorm.DB
	auth *cardea.Auth
}

// newApplication adds sign-in to the application, with the secret, the URL and the providers of c.
func newApplication(ctx context.Context, db *gorm.DB, c cardea.Config) (*application, error) {
	adapter, err := gormadapter.New(db, gormadapter.WithUser[Member]())
	if err != nil {
		return nil, err
	}
	if err := adapter.Migrate(ctx); err != nil {
		return nil, err
	}
	c.Adapter = adapter
	c.OnCreateUser = cardea.BeforeCreate(welcome)
	c.SessionUser = cardea.SessionUser(visible)
	auth, err := cardea.New(c)
	if err != nil {
		return nil, err
	}
	return &application{db, auth}, nil
}

// routes returns the handlers: for everybody, for members, and for librarians.
func (a *application) routes() http.Handler {
	members := http.NewServeMux()
	members.Handle("GET /shelf", cardea.Handle(a.auth, shelf))

	librarians := http.NewServeMux()
	librarians.HandleFunc("GET /admin/members", a.list)

	mux := http.NewServeMux()
	mux.Handle("/api/auth/", a.auth)
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /invitation", a.accept)
	mux.Handle("/shelf", members)
	mux.Handle("/admin/", a.auth.Require(only("LIBRARIAN", librarians)))

	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("/api/auth/") // Cardea protects its endpoints itself
	return protection.Handler(a.auth.Load(mux))
}

// home is for everybody, and greets those who are signed in.
func home(w http.ResponseWriter, r *http.Request) {
	if s := cardea.SessionFrom(r.Context()); s != nil {
		fmt.Fprintf(w, "Welcome back, %s.\n", s.User.Name)
		return
	}
	fmt.Fprintln(w, "Welcome. Please sign in at /api/auth/signin.")
}

// shelf is for members alone.
func shelf(w http.ResponseWriter, _ *http.Request, m *Member) {
	fmt.Fprintf(w, "%s may borrow %d books.\n", m.FullName, m.Books)
}

// list is for librarians alone.
func (a *application) list(w http.ResponseWriter, r *http.Request) {
	var members []Member
	if err := a.db.WithContext(r.Context()).Order("id").Find(&members).Error; err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	for _, m := range members {
		fmt.Fprintf(w, "%d %s: %s\n", m.ID, m.FullName, m.Role)
	}
}

// accept makes a member of a guest who has an invitation, and signs the member in.
func (a *application) accept(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("code") != "library-card-1" { // a real one is random, stored and used once
		http.Error(w, "This invitation is not valid.", http.StatusForbidden)
		return
	}
	m := Member{FullName: r.PostFormValue("name"), Role: "READER", Books: 3}
	if err := a.db.WithContext(r.Context()).Create(&m).Error; err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	_, err := a.auth.SignIn(w, r, cardea.Proof{UserID: strconv.FormatInt(m.ID, 10), Provider: "invitation"})
	if refused, ok := errors.AsType[*cardea.Error](err); ok {
		http.Error(w, "You may not sign in: "+string(refused.Code), http.StatusForbidden)
		return
	} else if err != nil {
		log.Printf("members: sign in with an invitation: %v", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, "/shelf", http.StatusSeeOther)
}
