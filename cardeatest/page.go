package cardeatest

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page is the data of page.html.
type page struct {
	Action  string // URL of the forms
	Client  string // client ID
	Persons []Person
	Problem string // error message, or ""
	Name    string // as typed before
	Email   string // as typed before, or the login_hint
	Nonce   string // of the Content-Security-Policy
}

// servePage shows the page, or reads the visitor's answer. Its results are those of choosePerson.
func (e endpoints) servePage(w http.ResponseWriter, r *http.Request, q url.Values) (p Person, code string, done bool) {
	show := page{Action: e.path + r.URL.RequestURI(), Client: q.Get("client_id"), Email: q.Get("login_hint")}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		switch p, answer := e.readPage(r); answer {
		case signIn:
			return p, "", false
		case cancel:
			return Person{}, "access_denied", false
		}
		show.Problem = "Type an e-mail address, or choose a person."
		show.Name, show.Email = r.PostFormValue("name"), r.PostFormValue("email")
	}
	e.mu.Lock()
	show.Persons = slices.Clone(e.persons)
	e.mu.Unlock()
	writePage(w, show)
	return Person{}, "", true
}

type pageAnswer int

const (
	unclear pageAnswer = iota
	signIn
	cancel
)

// readPage returns the person that the visitor picked or typed. A person with a new address is
// added to the known ones.
func (e endpoints) readPage(r *http.Request) (Person, pageAnswer) {
	if r.PostFormValue("cancel") != "" {
		return Person{}, cancel
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if picked := r.PostFormValue("person"); picked != "" {
		if p, ok := e.person(picked); ok {
			return p, signIn
		}
		return Person{}, unclear
	}
	email := strings.TrimSpace(r.PostFormValue("email"))
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || domain == "" || len(email) > 254 || strings.ContainsAny(domain, "@ ") {
		return Person{}, unclear
	}
	if p, ok := e.person(email); ok {
		return p, signIn
	}
	p := Person{
		Subject: subjectOf(email), Name: strings.TrimSpace(r.PostFormValue("name")), Email: email, EmailVerified: true,
	}
	e.addPerson(p)
	return p, signIn
}

// subjectOf returns the subject for an address. It is the same after a restart.
func subjectOf(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(email)))
	return hex.EncodeToString(sum[:8])
}

func writePage(w http.ResponseWriter, show page) {
	show.Nonce = rand.Text()
	// Browsers apply form-action also to redirects after a form: to the client, and on to its front
	// end, which may be on any other origin.
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+show.Nonce+"'; form-action 'self' http: https:; "+
			"base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if show.Problem != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	pageTemplate.Execute(w, show) // an error means that the client has gone
}
