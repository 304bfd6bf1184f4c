package main

import (
	_ "embed"
	"html/template"
	"log"
	"net/http"
)

//go:embed home.html
var homeHTML string

var home = template.Must(template.New("home").Parse(homeHTML))

// renderHome writes the home page. If data is nil, it is the page for visitors who are signed out.
func renderHome(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := home.Execute(w, data); err != nil {
		log.Printf("quickstart: write the page: %v", err)
	}
}
