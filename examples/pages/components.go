package main

import "net/http"

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.1118 generate

// components are the pages in templ, whose forms htmx sends.
type components struct{}

func (components) signIn(w http.ResponseWriter, r *http.Request, page signInPage) error {
	return signIn(page).Render(r.Context(), w)
}

func (components) account(w http.ResponseWriter, r *http.Request, page accountPage) error {
	return account(page).Render(r.Context(), w)
}

func (components) accounts(w http.ResponseWriter, r *http.Request, page accountPage) error {
	return accounts(page).Render(r.Context(), w)
}
