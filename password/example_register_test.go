package password_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// registration signs people in before they have proven their address.
type registration struct {
	auth      *cardea.Auth
	store     cardea.Adapter
	passwords *password.Feature
	checker   *password.Checker // of the same Policy
}

// register answers the form of the application's own page.
func (g *registration) register(w http.ResponseWriter, r *http.Request) {
	typed := r.PostFormValue("password")
	address, err := email.Normalize(r.PostFormValue("email"))
	if err != nil {
		http.Error(w, "This is not an email address.", http.StatusBadRequest)
		return
	}
	code, err := g.checker.Check(r.Context(), typed, address)
	if err != nil {
		log.Printf("register: %v", err) // the password is accepted without the list
	}
	if code != "" {
		http.Error(w, "Choose another password: "+code, http.StatusBadRequest)
		return
	}
	switch err = g.signUp(w, r, address, typed); {
	case errors.Is(err, cardea.ErrConflict): // whoever it is, a link proves the address
		http.Redirect(w, r, "/api/auth/password/signup", http.StatusSeeOther)
	case err != nil:
		log.Printf("register: %v", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// signUp makes a user who has proven nothing, with a password and a session.
func (g *registration) signUp(w http.ResponseWriter, r *http.Request, address, typed string) error {
	u := &cardea.User{Email: address}
	if err := g.store.CreateUser(r.Context(), u); err != nil {
		return err
	}
	if err := g.passwords.Set(r.Context(), u.ID, typed); err != nil {
		return err
	}
	_, err := g.auth.SignIn(w, r, cardea.Proof{UserID: u.ID, Methods: []string{"pwd"}, Provider: "registration"})
	return err
}

// noMails drops all mails.
type noMails struct{}

func (noMails) Send(context.Context, email.Message) error { return nil }

// An application lets people in before they have proven their address. The account page has the
// form with which they prove it. A person who proves it in another browser gets a user of their
// own, and nothing of this one.
func Example_sessionBeforeProof() {
	store := memadapter.New()
	o := password.Options{From: "Example <no-reply@example.com>", Sender: noMails{}}
	g := &registration{store: store, passwords: password.New(o)}
	var err error
	if g.checker, err = o.Policy.Checker(); err != nil {
		log.Fatal(err)
	}
	g.auth, err = cardea.New(cardea.Config{
		Secret: "32 bytes or more, made by: cardea secret", Adapter: store, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{g.passwords},
		Features:  []cardea.Feature{account.New(account.Options{From: o.From, Sender: o.Sender})},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, typed := range []string{"short", "correct horse battery staple", "the sentence of a stranger"} {
		form := url.Values{"email": {"Ann@example.com"}, "password": {typed}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/register", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		g.register(w, r)
		fmt.Println(w.Code, w.Header().Get("Location"), len(w.Result().Cookies()) > 0)
	}
	u, err := store.UserByEmail(context.Background(), "ann@example.com")
	fmt.Println(u.EmailVerified.IsZero(), err)
	// Output:
	// 400  false
	// 303 / true
	// 303 /api/auth/password/signup false
	// true <nil>
}
