// Package page renders the built-in pages: sign in, sign out, error, verify request, and the one
// that confirms a link from a mail.
//
// The pages are HTML without any script, with one inline style sheet that their
// Content-Security-Policy names by its hash. They are rendered into memory first, so that a visitor
// never sees half a page.
package page

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
)

//go:embed template/*.html
var templates embed.FS

// Pages renders the built-in pages of one configuration. It is safe for concurrent use.
type Pages struct {
	templates *template.Template
	logo      template.URL
	style     template.CSS
	csp       policy
	blocks    []block
	buffers   sync.Pool
}

// New prepares the pages. All faults of the theme and of the providers come back joined, each
// naming its field.
func New(theme Theme, providers []Provider) (*Pages, error) {
	logoSource, themeErr := theme.check()
	if err := errors.Join(themeErr, checkProviders(providers)); err != nil {
		return nil, err
	}
	parsed, err := template.ParseFS(templates, "template/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	style := stylesheet(theme, providers)
	return &Pages{
		templates: parsed,
		logo:      template.URL(theme.Logo),
		style:     template.CSS(style),
		csp:       newPolicy(style, logoSource),
		blocks:    blocksOf(providers),
		buffers:   sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}, nil
}

// SignIn is what one visit to the sign-in page shows.
type SignIn struct {
	Site        string // origin of the site, as https://example.com
	Error       string // code of the query; empty for none
	Message     string // what to say about it; defaults to the text for the code
	CSRFToken   string
	CallbackURL string // where to go afterwards; left out of the page unless it is a path or an http(s) URL
	Email       string // what the e-mail field begins with
}

// SignOut is what one visit to the sign-out page shows.
type SignOut struct {
	Site      string // origin of the site; also where the visitor goes who stays signed in
	Action    string // URL that the form posts to
	CSRFToken string
}

// Failure is what one visit to the error page shows.
type Failure struct {
	Site      string // origin of the site
	Code      string // code of the query; empty for none
	SignInURL string // where to try again
}

// VerifyRequest is what one visit to the page after a request for a sign-in mail shows.
type VerifyRequest struct {
	Site  string // origin of the site
	Error string // code of the query; empty for none

	// The forms are there only for the browser that asked for the mail: without CodeAction there
	// are none.
	CodeAction   string // URL that the form for the code posts to
	ResendAction string // URL that the form for another mail posts to
	CSRFToken    string
	CallbackURL  string // where to go afterwards; left out of the page unless it is a path or an http(s) URL
	Email        string // address of the mail
}

// Confirm is what the page shows that a link from a mail leads to in another browser than the one
// that asked for it.
type Confirm struct {
	Site        string // origin of the site
	Action      string // URL that the form posts to
	CSRFToken   string
	CallbackURL string // where to go afterwards; left out of the page unless it is a path or an http(s) URL
	Email       string // whose link it is, as it says itself
	Token       string // of the link
}

// SignIn writes the sign-in page with status 200. When it returns an error nothing was written,
// headers included.
func (p *Pages) SignIn(w http.ResponseWriter, data SignIn) error {
	if !followable(data.CallbackURL) {
		data.CallbackURL = ""
	}
	return p.write(w, http.StatusOK, document{
		Name: "signin", Title: "Sign In", Site: data.Site, Message: cmp.Or(data.Message, signInMessage(data.Error)),
		SignIn: data,
	})
}

// SignOut writes the page that asks whether to sign out, with status 200. When it returns an error
// nothing was written.
func (p *Pages) SignOut(w http.ResponseWriter, data SignOut) error {
	return p.write(w, http.StatusOK, document{Name: "signout", Title: "Sign Out", Site: data.Site, SignOut: data})
}

// Error writes the error page: status 500 for Configuration, 403 for AccessDenied and Verification,
// 503 for [Unavailable], 200 for any other code. Upper and lower case are the same. When it returns
// an error nothing was written.
func (p *Pages) Error(w http.ResponseWriter, data Failure) error {
	e := explain(data.Code)
	return p.write(w, e.status, document{
		Name: "error", Title: "Error", Site: data.Site, Heading: e.heading, Message: e.text, Failure: data,
	})
}

// VerifyRequest writes the page that tells to look for a mail, with status 200. When it returns an
// error nothing was written.
func (p *Pages) VerifyRequest(w http.ResponseWriter, data VerifyRequest) error {
	if !followable(data.CallbackURL) {
		data.CallbackURL = ""
	}
	return p.write(w, http.StatusOK, document{
		Name: "verify-request", Title: "Verify Request", Site: data.Site, Message: signInMessage(data.Error),
		VerifyRequest: data,
	})
}

// Confirm writes the page that asks whether to sign in with a link, with status 200. When it
// returns an error nothing was written.
func (p *Pages) Confirm(w http.ResponseWriter, data Confirm) error {
	if !followable(data.CallbackURL) {
		data.CallbackURL = ""
	}
	return p.write(w, http.StatusOK, document{
		Name: "confirm", Title: "Confirm Sign In", Site: data.Site, Confirm: data,
	})
}

// document is what the templates see.
type document struct {
	Name    string // of the page, and of its template
	Title   string
	Site    string
	Heading string
	Message string // of an error; empty for none
	Style   template.CSS
	Logo    template.URL
	Blocks  []block

	SignIn  SignIn
	SignOut SignOut
	Failure Failure

	VerifyRequest VerifyRequest
	Confirm       Confirm
}

// Host is the site's host as people read it in the address bar.
func (d document) Host() string {
	_, host, _ := strings.Cut(d.Site, "://")
	return host
}

func (p *Pages) write(w http.ResponseWriter, status int, d document) error {
	d.Style, d.Logo, d.Blocks = p.style, p.logo, p.blocks

	b := p.buffers.Get().(*bytes.Buffer)
	defer p.buffers.Put(b)
	b.Reset()
	if err := p.templates.ExecuteTemplate(b, d.Name+".html", d); err != nil {
		return fmt.Errorf("render the %s page: %w", d.Name, err)
	}
	p.csp.setHeaders(w.Header(), d.Site)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only when the visitor is gone
	return nil
}

// followable reports whether a browser may be sent to a URL after signing in. Others are refused
// when they come back; here they are not even offered.
func followable(callback string) bool {
	return strings.HasPrefix(callback, "/") || strings.HasPrefix(callback, "https://") ||
		strings.HasPrefix(callback, "http://")
}
