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

type page struct {
	Action  string
	Client  string
	Persons []Person
	Problem string
	Name    string
	Email   string
	Nonce   string
}

// servePage shows who can sign in, and reads the answer. See whoSignsIn for the results.
func (i *Issuer) servePage(w http.ResponseWriter, r *http.Request, q url.Values) (p Person, code string, done bool) {
	show := page{Action: i.path + r.URL.RequestURI(), Client: q.Get("client_id"), Email: q.Get("login_hint")}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		switch p, answer := i.readPage(r); answer {
		case signIn:
			return p, "", false
		case cancel:
			return Person{}, "access_denied", false
		}
		show.Problem = "Type an e-mail address, or pick somebody."
		show.Name, show.Email = r.PostFormValue("name"), r.PostFormValue("email")
	}
	i.mu.Lock()
	show.Persons = slices.Clone(i.persons)
	i.mu.Unlock()
	writePage(w, show, q.Get("redirect_uri"))
	return Person{}, "", true
}

type pageAnswer int

const (
	unclear pageAnswer = iota
	signIn
	cancel
)

// readPage returns whom the visitor picked, or a new person with the name and address typed, who is
// known from then on.
func (i *Issuer) readPage(r *http.Request) (Person, pageAnswer) {
	if r.PostFormValue("cancel") != "" {
		return Person{}, cancel
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if picked := r.PostFormValue("person"); picked != "" {
		if p, ok := i.person(picked); ok {
			return p, signIn
		}
		return Person{}, unclear
	}
	email := strings.TrimSpace(r.PostFormValue("email"))
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || domain == "" || len(email) > 254 || strings.ContainsAny(domain, "@ ") {
		return Person{}, unclear
	}
	if p, ok := i.person(email); ok {
		return p, signIn
	}
	p := Person{
		Subject: subjectOf(email), Name: strings.TrimSpace(r.PostFormValue("name")), Email: email, EmailVerified: true,
	}
	i.know(p)
	return p, signIn
}

// subjectOf makes the same address the same person, also after a restart.
func subjectOf(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(email)))
	return hex.EncodeToString(sum[:8])
}

func writePage(w http.ResponseWriter, show page, redirectURI string) {
	show.Nonce = rand.Text()
	// Browsers apply form-action also to where the answer to the form redirects, so the client's
	// origin must be in it.
	target := "'self'"
	if to, err := url.Parse(redirectURI); err == nil && to.Host != "" && !strings.ContainsAny(to.Host, "; ,'") {
		target += " " + to.Scheme + "://" + to.Host
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+show.Nonce+"'; form-action "+target+
			"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if show.Problem != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	pageTemplate.Execute(w, show) // an error here is the client's going away
}
