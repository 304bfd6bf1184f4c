package main

import (
	"embed"
	"html/template"
	"log"
	"net/http"

	"github.com/cardea-auth/cardea"
)

//go:embed pages.html
var files embed.FS

var templates = template.Must(template.ParseFS(files, "pages.html"))

// page is what a page shows.
type page struct {
	CSRF        string
	CallbackURL string // where the visitor goes after the sign-in; "" for where Cardea remembers
	Error       string // text about a failure; "" for none
	Done        string // text about what was done; "" for nothing
	Link, Email string // of the link of a mail, on the page behind it

	User        *cardea.User // who is signed in, on the page with the settings
	HasPassword bool
}

// texts are what the pages say about the parameter error. Any other code has the last text.
var texts = map[string]string{
	"":                  "",
	"CredentialsSignin": "The address or the password is not right.",
	"EmailSignin":       "This is not an email address.",
	"Verification":      "This link was used already, or it is too old. Please ask for a new one.",
	"RateLimited":       "That was too often. Please wait a while.",
	"MissingCSRF":       "This page was open for too long. Please try again.",
	"SessionRequired":   "Please sign in again for that.",
	"AccessDenied":      "You may not sign in here.",
	"Configuration":     "That does not work right now. Please try again later.",

	"password_short":    "Please choose a password of 15 characters or more.",
	"password_long":     "This password is too long, or has invalid characters.",
	"password_common":   "Attackers try this password first. Please choose another one.",
	"password_personal": "Please choose a password without your name and your address.",
	"password_breached": "This password has become known elsewhere. Please choose another one.",
	"password_same":     "That is your current password.",
	"password_wrong":    "Your current password is another one.",
	"password_last":     "Without the password you could not sign in any more.",
	"password_fields":   "Please fill in all fields, with less text.",
}

// done are what the pages say about the parameter success. Any other value has no text.
var done = map[string]string{
	"password_signup_mailed": "Please open the link in our mail to finish the sign-up.",
	"password_reset_mailed":  "If there is an account with this address, our mail has a link for a new password.",
	"password_reset":         "Your password is changed. Please sign in with it.",
	"password_changed":       "Your password is changed.",
	"password_set":           "You can sign in with this password now.",
	"password_removed":       "Your password is removed.",
}

func textOf(code string) string {
	if text, known := texts[code]; known {
		return text
	}
	return "That did not work. Please try again."
}

// show returns the handler of a page with a form that anybody can send.
func (s *site) show(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		write(w, name, page{
			CSRF:        s.auth.CSRF(w, r), // sets a cookie, so it comes before the page
			CallbackURL: query.Get("callbackUrl"),
			Error:       textOf(query.Get("error")),
			Done:        done[query.Get("success")],
			Link:        query.Get("link"),
			Email:       query.Get("email"),
		})
	}
}

// settings shows the forms of a user who is signed in.
func (s *site) settings(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	has, err := s.passwords.Has(r.Context(), u.ID)
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	query := r.URL.Query()
	write(w, "settings", page{
		CSRF: s.auth.CSRF(w, r), Error: textOf(query.Get("error")), Done: done[query.Get("success")],
		User: u, HasPassword: has,
	})
}

func write(w http.ResponseWriter, name string, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := templates.ExecuteTemplate(w, name, p); err != nil {
		log.Printf("passwords: write a page: %v", err)
	}
}
