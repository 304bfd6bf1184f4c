package main

import (
	"embed"
	"html/template"
	"log"
	"net/http"
)

//go:embed *.html
var files embed.FS

var pages = template.Must(template.ParseFS(files, "*.html"))

// renderHome writes the home page. If data is nil, it is the page for visitors who are signed out.
func renderHome(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := pages.ExecuteTemplate(w, "home.html", data); err != nil {
		log.Printf("quickstart: write the page: %v", err)
	}
}
