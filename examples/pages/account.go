package main

import (
	"errors"
	"net/http"
	"slices"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// accountPage is what the account page shows.
type accountPage struct {
	CSRF     string
	Name     string
	Error    string // text about a failure; "" for none
	Accounts []*cardea.Account
	Link     []button // further accounts
}

// accountPage shows who is signed in, links accounts, and signs out.
func (s *site) accountPage(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	accounts, err := s.auth.Accounts(r.Context(), u.ID)
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	page := accountPage{CSRF: s.auth.CSRF(w, r), Name: u.Name, Accounts: accounts}
	// A person who is signed in links an account by signing in with it.
	for _, p := range s.providers {
		isLinked := slices.ContainsFunc(accounts, func(a *cardea.Account) bool { return a.Provider == p.ProviderID() })
		if p, ok := p.(*oauth.Provider); ok && !isLinked {
			page.Link = append(page.Link, button{ID: p.ID, Name: p.Name})
		}
	}
	logError(s.pages.account(w, r, page))
}

// unlink unlinks an account, and shows those that are left.
func (s *site) unlink(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	var page accountPage
	err := s.auth.UnlinkAccount(r.Context(), u.ID, r.PostFormValue("provider"), r.PostFormValue("id"))
	if errors.Is(err, cardea.ErrLastCredential) {
		page.Error, err = "This is your only way to sign in. Link another account first.", nil
	}
	if err == nil || errors.Is(err, cardea.ErrNotFound) {
		page.Accounts, err = s.auth.Accounts(r.Context(), u.ID)
	}
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	logError(s.pages.accounts(w, r, page))
}
