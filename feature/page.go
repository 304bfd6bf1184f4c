package feature

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Page is a page in the look of the built-in ones. It has no script: the Content-Security-Policy
// forbids it.
type Page struct {
	Title string        // of the page and its heading; required
	Error string        // text about a failure, above everything else; "" for none
	Text  []string      // paragraphs
	HTML  template.HTML // after the text, such as an inline SVG; the feature has made sure that it is safe
	Forms []Form        // after that

	// Own is the application's page in the place of this one, as Rule.Own has it, with what it
	// needs in its query: the visitor is sent there. A Refusal is added to it as the query
	// parameter error. Defaults to Config.Pages.Account for a Refusal with the path "account", and
	// otherwise to none.
	Own string

	// Refusal says that the page repeats a form that cannot be accepted, for the reason in Error.
	// Defaults to nil: another page.
	Refusal *Refusal
}

// Refusal says what is wrong with a form. A program that has sent the form gets status 400 and a
// JSON object with the code as error, Message as message, and as url the page that shows the code.
// A browser gets the Page, or is sent to Page.Own. With CodeStepUp the session of the visitor is
// too weak for the form: the status is 401, and Page.Own is where the visitor proves more.
type Refusal struct {
	Error   string // the code, which is stable, such as "password_short"
	Message string // Page.Error in English, which programs read
	Path    string // path of the GET endpoint below Config.BasePath that shows the parameter error
}

// Form is a form of a page. The CSRF token and the callback URL are added to it.
type Form struct {
	Text   string            // what the form is about, above its inputs; "" for none
	Path   string            // path of a POST endpoint below Config.BasePath, such as "qr/approve"
	Hidden map[string]string `json:"-"` // hidden inputs, by name; they may be secrets, and are not printed
	Fields []Field           // visible inputs

	// Username is whose password the form asks for, such as an address. Password managers read it
	// and keep the password under it; people do not see it, and the endpoint needs none. It is not
	// printed. Defaults to none.
	Username string `json:"-"`

	Button string // text of the button; required
}

// Format implements [fmt.Formatter]. It writes no hidden input.
func (f Form) Format(s fmt.State, _ rune) { redact.Format(s, f) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (f Form) LogValue() slog.Value { return redact.Value(f) }

// Section is a part of the account page, GET account, which exists if a feature has a section.
type Section struct {
	// Order is the place of the section on the page, the lowest first. Sections of the same order
	// are sorted by ID.
	Order int

	// ID is the id attribute of the section, and what a link to it ends with: lower-case letters,
	// digits, hyphens and underscores.
	ID string

	// Content returns what the section shows. Its Title is the heading. Ctx is that of the request:
	// cardea.UserAs and cardea.SessionFrom say who is signed in.
	Content func(ctx context.Context) (Page, error)

	// Fault returns what the section says about a code in the query parameter error of the page: a
	// program that has posted a form of the section gets such a URL. It returns "" for a code that
	// is of another section. It may be nil.
	Fault func(ctx context.Context, code string) string
}
