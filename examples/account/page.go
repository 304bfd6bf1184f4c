package main

import (
	"embed"
	"html/template"
	"log"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

//go:embed page.html
var files embed.FS

var templates = template.Must(template.ParseFS(files, "page.html"))

// notes are what the account page says about the parameters success and error. Success has one of
// a few values, and any other has no text.
var notes = map[string]string{
	"account_unlinked": "This way to sign in is removed.",
	"session_ended":    "The device is signed out.", "sessions_ended": "All other devices are signed out.",
	"address_changed": "Your address is changed.",
	"deletion_asked":  "Your account will be deleted.", "deletion_ended": "Your account will stay.",
	"factor_added": "The app is set up.", "factor_removed": "The app is removed.",
	"recovery_codes_made": "Your new recovery codes count from now on.",
}

var faults = map[string]string{
	"account_last":    "This is the only way in.",
	"account_confirm": "To delete the account, type what the form asks for.",
	"account_unsent":  "The mail about it could not be sent, so nothing was done.",
	"address_invalid": "This is not an email address.", "address_same": "That is your address.",
	"address_taken": "This address cannot be used.", "factor_needed": "You need an app here.",
	"RateLimited": "That was too often. Please wait a while.",
}

// fault is the text for a code, of which there may be more some day.
func fault(code string) string {
	if text, known := faults[code]; known || code == "" {
		return text
	}
	return "That did not work. Please try again."
}

// accountPage is what the account page shows.
type accountPage struct {
	CSRF          string
	Done, Fault   string // what the last form has done, or why not
	User          *cardea.User
	Accounts      []*cardea.Account
	Sessions      []*cardea.Session
	Current       string // the ID of the session of this browser
	Apps          []*factor.Factor
	RecoveryCodes int       // how many are left
	Deletion      time.Time // when the account will be deleted; zero if it will not
}

// showAccount shows the account page.
func (s *site) showAccount(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	p, err := s.accountPage(r, u)
	if err != nil {
		log.Printf("account: %v", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	p.CSRF = s.auth.CSRF(w, r) // sets a cookie, so it comes before the page
	write(w, "account", p)
}

func (s *site) accountPage(r *http.Request, u *cardea.User) (p accountPage, err error) {
	ctx, query := r.Context(), r.URL.Query()
	p.Done, p.Fault = notes[query.Get("success")], fault(query.Get("error"))
	p.User, p.Current = u, cardea.SessionFrom(ctx).ID()
	if p.Accounts, err = s.auth.Accounts(ctx, u.ID); err != nil {
		return p, err
	}
	if p.Sessions, err = s.auth.Sessions(ctx, u.ID); err != nil {
		return p, err
	}
	if p.Apps, err = s.store.Factors(ctx, u.ID); err != nil {
		return p, err
	}
	if p.RecoveryCodes, err = s.store.CountRecoveryCodes(ctx, u.ID); err != nil {
		return p, err
	}
	p.Deletion, err = s.account.Deletion(ctx, u.ID)
	return p, err
}

// confirmPage is what the page shows on which people confirm that it is them.
type confirmPage struct {
	CSRF        string
	CallbackURL string
	Failed      bool
	HasApp      bool
	Ways        map[string]string // names, by the ids of providers
}

// showConfirm shows the ways that Cardea has found for the visitor.
func (s *site) showConfirm(w http.ResponseWriter, r *http.Request, _ *cardea.User) {
	query := r.URL.Query()
	p := confirmPage{
		CSRF: s.auth.CSRF(w, r), CallbackURL: query.Get("callbackUrl"), Failed: query.Get("error") != "",
		HasApp: query.Get("endpoint") == "factor/confirm", Ways: map[string]string{},
	}
	for _, id := range query["provider"] {
		if name := s.providers[id]; name != "" {
			p.Ways[id] = name
		} else if id == "email" {
			p.Ways[id] = "a mail"
		}
	}
	write(w, "confirm", p)
}

func write(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "same-origin")
	if err := templates.ExecuteTemplate(w, name, data); err != nil {
		log.Printf("account: write a page: %v", err)
	}
}
