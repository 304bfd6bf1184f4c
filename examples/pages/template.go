package main

import (
	"embed"
	"html/template"
	"net/http"
)

//go:embed *.html
var files embed.FS

var parsed = template.Must(template.ParseFS(files, "*.html"))

// templates are the pages in html/template. They work without a script.
type templates struct{}

func (templates) signIn(w http.ResponseWriter, _ *http.Request, page signInPage) error {
	return write(w, "signin.html", page)
}

func (templates) account(w http.ResponseWriter, _ *http.Request, page accountPage) error {
	return write(w, "account.html", page)
}

// accounts leads back to the whole page, which has the list.
func (templates) accounts(w http.ResponseWriter, r *http.Request, page accountPage) error {
	if page.Error != "" {
		w.WriteHeader(http.StatusConflict)
		return write(w, "accounts", page)
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

func write(w http.ResponseWriter, name string, page any) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return parsed.ExecuteTemplate(w, name, page)
}
