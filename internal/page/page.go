// Package page renders the built-in pages: sign in, sign out, error, verify request, and the page
// that asks for confirmation before a link from a mail signs in. Their texts are those of package
// language.
//
// The pages are HTML without scripts. Their Content-Security-Policy allows their inline style sheet
// by its hash. They are rendered into memory first, so that a visitor never sees half a page.
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
	"time"

	"github.com/cardea-auth/cardea/language"
)

//go:embed template/*.html
var templateFiles embed.FS

// templates are parsed for the first page: many programs check sessions and show no pages.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(templateFiles, "template/*.html"))
})

// Pages renders the built-in pages of one configuration in one language. It is safe for concurrent
// use.
type Pages struct {
	*look
	texts *language.Texts
	forms func() []form // makes them for the first page in the language
}

// look is what the pages of all languages share.
type look struct {
	name      string // of the site; "" for its host
	logo      template.URL
	style     template.CSS
	csp       policy
	languages map[string]*Pages // by their tags
	buffers   sync.Pool
}

// New returns the pages for a theme and the providers of the sign-in page, in the first of the
// languages. Providers returns them with their texts in a language. With toHTTP, forms may lead to
// http URLs, as in development. The error lists all faults of theme and providers, joined by
// [errors.Join]; each names its field.
func New(
	theme Theme, providers func(*language.Texts) []Provider, languages *language.Set, toHTTP bool,
) (*Pages, error) {
	logoSource, themeErr := theme.check()
	all := languages.All()
	first := providers(all[0])
	if err := errors.Join(themeErr, checkProviders(first)); err != nil {
		return nil, err
	}
	style := stylesheet(theme, first)
	l := &look{
		name:      theme.Name,
		logo:      template.URL(theme.Logo),
		style:     template.CSS(style),
		csp:       newPolicy(style, logoSource, toHTTP),
		languages: map[string]*Pages{},
		buffers:   sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	for _, t := range all {
		forms := sync.OnceValue(func() []form { return formsOf(t, providers(t)) })
		l.languages[t.Tag()] = &Pages{l, t, forms}
	}
	return l.languages[all[0].Tag()], nil
}

// In returns the pages in another of the languages.
func (p *Pages) In(t *language.Texts) *Pages { return p.languages[t.Tag()] }

// SignIn is the data of one sign-in page.
type SignIn struct {
	Site        string // the origin of the site, such as https://example.com
	Error       string // the error code of the query; "" for none
	Message     string // the text for the error; defaults to the text of its code
	CSRFToken   string // for the forms
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
	User        string // who is signed in already, as people see it; "" for nobody
	SignOutURL  string // where to sign out, if somebody is signed in
	Provider    string // the id of the only provider to show; "" for all
	AllURL      string // the URL of the page with all providers, for a link; "" for no link
	NotFound    bool   // whether the page was asked for a provider that does not exist
}

// Confirms reports whether somebody who is signed in confirms who they are by another sign-in.
func (s SignIn) Confirms() bool { return s.User != "" && strings.EqualFold(s.Error, "SessionRequired") }

// SignOut is the data of one sign-out page.
type SignOut struct {
	Site        string // the origin of the site, to which the link Stay signed in leads
	Action      string // the URL of the form
	CSRFToken   string // for the form
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
}

// Failure is the data of one error page.
type Failure struct {
	Site      string // the origin of the site
	Code      string // the error code of the query; "" for none
	Status    int    // of the answer; 0 for that of the code
	SignInURL string // where to sign in
	AgainURL  string // where the same may work in a moment, in place of SignInURL; "" for nowhere

	Wait time.Duration // how long to wait before that; 0 to say nothing about it

	// Action is the URL of the form that starts the sign-in again. If it is "" the page has a link
	// to SignInURL instead.
	Action      string
	CSRFToken   string // for the form
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
}

// VerifyRequest is the data of one page that is shown after a mail was requested.
type VerifyRequest struct {
	Site  string // the origin of the site
	Error string // the error code of the query; "" for none
	Text  string // what the mail is for; "" for a link to sign in

	// CodeAction is the URL of the form for the code. If it is "" the page has no forms, because
	// the browser is not the one that requested the mail.
	CodeAction string

	ResendAction string // the URL of the form that sends another mail
	CSRFToken    string // for the forms
	CallbackURL  string // where to go afterwards; ignored unless it is a path or an http or https URL
	Email        string // the address of the mail
}

// Confirm is the data of one page that is shown if the link from a mail is opened in another
// browser than the one that requested the mail.
type Confirm struct {
	Site        string // the origin of the site
	Action      string // the URL of the form
	CSRFToken   string // for the form
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
	Email       string // the address in the link, which is not verified yet
	Token       string // the token in the link
}

// Document is the data of one page of a feature, and of the account page.
type Document struct {
	Site        string // the origin of the site
	Title       string // of the page
	CSRFToken   string // for the forms
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
	Parts       []Part // the page, from top to bottom
}

// Part is a part of a [Document] with its own heading.
type Part struct {
	ID      string        // the attribute id; "" leaves it out
	Heading string        // above it; "" for none
	Error   string        // text about a failure; "" for none
	Text    []string      // paragraphs
	HTML    template.HTML // after the paragraphs
	Forms   []PartForm    // after that
}

// PartForm is a form of a [Part].
type PartForm struct {
	Text   string   // above the inputs; "" for none
	Action string   // URL or path
	Hidden []Hidden // hidden inputs
	Fields []Field  // visible inputs
	Button string   // text of the button

	// Username is whose password the form asks for, for password managers; "" for none.
	Username string
}

// Hidden is a hidden input.
type Hidden struct{ Name, Value string }

// SignIn writes the sign-in page with status 200, or 404 if data.NotFound is true. If it returns an
// error, nothing was written, not even headers.
func (p *Pages) SignIn(w http.ResponseWriter, data SignIn) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	status := http.StatusOK
	if data.NotFound {
		status = http.StatusNotFound
	}
	d := document{
		Name: "signin", Title: p.texts.Text("signin.heading"), Site: data.Site,
		Message: cmp.Or(data.Message, signInMessage(p.texts, data.Error)), SignIn: data,
	}
	if data.Confirms() { // it is no failure
		d.Title, d.Message = p.texts.Text("again.heading"), ""
	}
	return p.write(w, status, d)
}

// SignOut writes the page that asks whether to sign out, with status 200. If it returns an error,
// nothing was written.
func (p *Pages) SignOut(w http.ResponseWriter, data SignOut) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	return p.write(w, http.StatusOK, document{
		Name: "signout", Title: p.texts.Text("signout.heading"), Site: data.Site, SignOut: data,
	})
}

// Error writes the error page. Its status is 500 for the code Configuration, 400 for InvalidCheck,
// 403 for AccessDenied and Verification, 404 for [NotFound], 429 for RateLimited, 503 for
// [Unavailable], and 200 for any other code, in upper or lower case; data.Status is another one. If
// Error returns an error, nothing was written.
func (p *Pages) Error(w http.ResponseWriter, data Failure) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	e := explain(data.Code)
	message := p.texts.Text(e.text)
	if data.Wait > 0 {
		message = p.texts.Text("error.wait", "time", duration(p.texts, data.Wait))
	}
	return p.write(w, cmp.Or(data.Status, e.status), document{
		Name: "error", Title: p.texts.Text(e.heading), Site: data.Site, Message: message, Failure: data,
	})
}

// VerifyRequest writes the page that says that a mail was sent, with status 200. If it returns an
// error, nothing was written.
func (p *Pages) VerifyRequest(w http.ResponseWriter, data VerifyRequest) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	return p.write(w, http.StatusOK, document{
		Name: "verify-request", Title: p.texts.Text("verify.heading"), Site: data.Site,
		Message: signInMessage(p.texts, data.Error), VerifyRequest: data,
	})
}

// Confirm writes the page that asks whether to sign in with a link, with status 200. If it returns
// an error, nothing was written.
func (p *Pages) Confirm(w http.ResponseWriter, data Confirm) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	return p.write(w, http.StatusOK, document{
		Name: "confirm", Title: p.texts.Text("confirm.heading"), Site: data.Site, Confirm: data,
	})
}

// Document writes a page of a feature, with status 200. If it returns an error, nothing was
// written.
func (p *Pages) Document(w http.ResponseWriter, data Document) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	for _, part := range data.Parts {
		for i := range part.Forms {
			part.Forms[i].Fields = withDefaults(part.Forms[i].Fields)
		}
	}
	return p.write(w, http.StatusOK, document{Name: "document", Title: data.Title, Site: data.Site, Document: data})
}

// Link is the data of one page that asks whether to link an account, or the proof of an address, to
// the user who is signed in.
type Link struct {
	Site        string // the origin of the site
	Action      string // the URL of the form
	CSRFToken   string // for the form
	CallbackURL string // where to go afterwards; ignored unless it is a path or an http or https URL
	Question    string // what the form sends back
	User        string // who is signed in, as people see it; "" if it is not known
	Account     string // the account or the address, as people see it
	Provider    string // the name of the provider
	IsAddress   bool   // whether an address was proven, and no account
}

// Link writes the page that asks whether to link an account, with status 200. If it returns an
// error, nothing was written.
func (p *Pages) Link(w http.ResponseWriter, data Link) error {
	data.CallbackURL = safeCallback(data.CallbackURL)
	return p.write(w, http.StatusOK, document{
		Name: "link", Title: p.texts.Text("link.heading"), Site: data.Site, Link: data,
	})
}

// document is the data of the templates.
type document struct {
	Name    string // of the page and of its template
	Title   string
	Site    string
	Message string // the text for an error; "" for none
	Style   template.CSS
	Logo    template.URL
	Forms   []form
	texts   *language.Texts
	name    string // of the site; "" for its host

	SignIn  SignIn
	SignOut SignOut
	Failure Failure

	VerifyRequest VerifyRequest
	Confirm       Confirm
	Document      Document
	Link          Link
}

// SiteName returns what the page calls the site: its name, or else its host, as the address bar
// shows it.
func (d document) SiteName() string {
	_, host, _ := strings.Cut(d.Site, "://")
	return cmp.Or(d.name, host)
}

// IsNotice reports whether the message of the sign-in page is about nothing that went wrong.
func (d document) IsNotice() bool {
	key := messageKey(d.SignIn.Error)
	return key == "sessionrequired.text" || key == "cancelled.text"
}

// write renders a page and sends it.
func (p *Pages) write(w http.ResponseWriter, status int, d document) error {
	d.Style, d.Logo, d.Forms, d.texts, d.name = p.style, p.logo, only(p.forms(), d.SignIn.Provider), p.texts, p.name

	b := p.buffers.Get().(*bytes.Buffer)
	defer p.buffers.Put(b)
	b.Reset()
	if err := templates().ExecuteTemplate(b, d.Name+".html", d); err != nil {
		return fmt.Errorf("render the %s page: %w", d.Name, err)
	}
	p.csp.setHeaders(w.Header(), d.Site)
	p.setLanguage(w.Header())
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only if the connection is closed
	return nil
}

// safeCallback returns the callback URL, or "" if it is neither a path nor an http or https URL.
// The endpoints would refuse such a URL anyway; here it does not even become part of a page.
func safeCallback(callback string) string {
	for _, prefix := range []string{"/", "https://", "http://"} {
		if strings.HasPrefix(callback, prefix) {
			return callback
		}
	}
	return ""
}
