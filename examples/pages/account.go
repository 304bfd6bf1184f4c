package main

import (
	"net/http"
	"slices"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// accountPage shows who is signed in, links accounts, and signs out.
func (s *site) accountPage(w http.ResponseWriter, r *http.Request, u *cardea.User) {
	accounts, err := s.auth.Accounts(r.Context(), u.ID)
	if err != nil {
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	// A person who is signed in links an account by signing in with it.
	var link []button
	for _, p := range s.providers {
		isLinked := slices.ContainsFunc(accounts, func(a *cardea.Account) bool { return a.Provider == p.ProviderID() })
		if p, ok := p.(*oauth.Provider); ok && !isLinked {
			link = append(link, button{ID: p.ID, Name: p.Name})
		}
	}
	write(w, "account.html", map[string]any{
		"CSRF": s.auth.CSRF(w, r), "User": u, "Accounts": accounts, "Link": link,
	})
}
