package main

import (
	"log"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
)

// signInPage is what the sign-in page shows.
type signInPage struct {
	CSRF        string
	CallbackURL string // where the visitor goes afterwards; "" for where Cardea remembers
	Error       string // text about a failure; "" for none
	Buttons     []button
}

// button is one way to sign in, as a page shows it.
type button struct {
	ID, Name string
	Email    bool           // asks for an address
	Fields   []cardea.Field // asks for these
	Password bool           // has pages for a sign-up and a forgotten password
}

// passwordFields are what the form of package password asks for.
var passwordFields = []cardea.Field{
	{Name: "email", Label: "Email", Type: "email", Autocomplete: "username", Required: true},
	{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true},
}

// buttons returns the providers. If only is the id of one of them, it returns that one alone.
func (s *site) buttons(only string) []button {
	var all []button
	for _, p := range s.providers {
		b := button{ID: p.ProviderID()}
		switch p := p.(type) {
		case *oauth.Provider:
			b.Name = p.Name
		case *cardea.EmailProvider:
			b.Name, b.Email = p.Name, true
		case *cardea.CredentialsProvider:
			b.Name, b.Fields = p.Name, p.Fields
		case *password.Feature:
			b.Name, b.Fields, b.Password = "your address and a password", passwordFields, true
		}
		if b.ID == only {
			return []button{b}
		}
		all = append(all, b)
	}
	return all
}

// texts are what the page says about the parameter error. Any other code has the last text.
var texts = map[string]string{
	"":                      "",
	"CredentialsSignin":     "The name, the address or the password is not right.",
	"OAuthAccountNotLinked": "You have signed in another way before. Please use that one again.",
	"OAuthCallbackError":    "The sign-in was cancelled. Please try again.",
	"InvalidCheck":          "The sign-in was interrupted. Please try again.",
	"AccessDenied":          "You may not sign in here.",
	"EmailSignin":           "The mail could not be sent. If the address is right, please try again later.",
	"Verification":          "This link was used already, or it is too old. Please ask for a new one.",
	"RateLimited":           "That was too often. Please wait a while.",
	"MissingCSRF":           "This page was open for too long. Please try again.",
	"SessionRequired":       "Please sign in for this page, again if you are signed in already.",
	"UnknownProvider":       "There is no such way to sign in.",
	"Configuration":         "Signing in does not work right now. Please try again later.",
}

// signInPage shows the forms that sign in.
func (s *site) signInPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	text, known := texts[query.Get("error")]
	if !known {
		text = "Signing in did not work. Please try again."
	}
	logError(s.pages.signIn(w, r, signInPage{
		CSRF:        s.auth.CSRF(w, r), // sets a cookie, so it comes before the page
		CallbackURL: query.Get("callbackUrl"),
		Error:       text,
		Buttons:     s.buttons(query.Get("provider")),
	}))
}

// logError logs why a page could not be written.
func logError(err error) {
	if err != nil {
		log.Printf("pages: write a page: %v", err)
	}
}
