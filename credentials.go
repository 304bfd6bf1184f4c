package cardea

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/internal/page"
)

// CredentialsProvider is sign-in by the application's own check of what somebody types into a form,
// such as a name and a password. Package credentials makes one, and has what keeps the check from
// telling who has an account.
//
// Whoever passes the check gets a session by either [Strategy]. No [Account] is stored: callbacks
// and events see one with the user's id as account id, and a [Profile] that is made of the user.
// There is no limit on how often somebody may try but the check's own.
type CredentialsProvider struct {
	ID     string // in URLs: lower-case letters, digits, hyphen, underscore
	Name   string // for people
	Fields []Field

	// Authorize tells who signs in. values has the configured fields that were sent, and nothing
	// else of the form: each valid UTF-8 without NUL, of at most 4096 bytes, and not empty if the
	// field is required. r is the request, its body read.
	//
	// With an [Adapter] the user must exist in the store, and only User.ID counts: the row is read
	// again. Without one the session holds what Authorize returns, and the ID must be there too.
	//
	// Nil, and an [Error] with the code CredentialsSignin, refuse; Error.Reason then reaches the
	// form. An Error with another code is told by that code. Every other error is a failure of the
	// site: it is logged, and the visitor sees Configuration.
	Authorize func(ctx context.Context, values map[string]string, r *http.Request) (*User, error)

	// Messages are what the built-in sign-in page says about a Reason of the check. Defaults to one
	// text for all.
	Messages map[string]string

	Style Style

	// Err is what the constructor found wrong with its options; New reports it.
	Err error
}

// Field is one input of a form of [CredentialsProvider].
type Field struct {
	Name         string // of the parameter
	Label        string // for people; defaults to Name
	Type         string // of the input element, such as password; defaults to text
	Placeholder  string
	Autocomplete string // such as username, or current-password
	Required     bool   // without it the check is not asked
}

func (p *CredentialsProvider) identity() (id, name string, kind ProviderType, style Style) {
	return p.ID, p.Name, TypeCredentials, p.Style
}

// inputs are the fields as the sign-in page shows them.
func (p *CredentialsProvider) inputs() []page.Field {
	var list []page.Field
	for _, f := range p.Fields {
		list = append(list, page.Field(f))
	}
	return list
}

const (
	maxValue      = 4096 // bytes of a field
	defaultReason = "credentials"
)

// reasonPattern is what a reason in a URL may be, whatever the application's check makes of its
// input.
var reasonPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// reason is what the form is told.
func (e *Error) reason() string {
	if reasonPattern.MatchString(e.Reason) {
		return e.Reason
	}
	return defaultReason
}

// read takes the values of the fields from a form. It reports false for what the check should not
// be bothered with.
func (p *CredentialsProvider) read(form map[string]string) (values map[string]string, ok bool) {
	values = map[string]string{}
	for _, f := range p.Fields {
		value, sent := form[f.Name]
		if f.Required && value == "" || len(value) > maxValue || !utf8.ValidString(value) ||
			strings.Contains(value, "\x00") {
			return nil, false
		}
		if sent {
			values[f.Name] = value
		}
	}
	return values, true
}

var (
	fieldNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

	// reservedFields belong to the protocol.
	reservedFields = []string{"csrfToken", "callbackUrl", "json", "redirect", "redirectTo"}

	// fieldTypes are the inputs whose value is what somebody typed.
	fieldTypes = []string{"", "text", "password", "email", "tel", "number", "url", "search"}
)

// validate reports everything that is missing or wrong in p; field is where it stands in the
// configuration.
func (p *CredentialsProvider) validate(field string, f *faults) {
	if p.Err != nil {
		f.addEach(field, p.Err)
	} else if p.Authorize == nil {
		f.add(field+".Authorize", "is missing")
	}
	if len(p.Fields) == 0 {
		f.add(field+".Fields", "is empty; name what the form asks for")
	}
	seen := map[string]bool{}
	for _, input := range p.Fields {
		switch {
		case !fieldNamePattern.MatchString(input.Name):
			f.add(field+".Fields", "want a name of letters, digits, -, . and _, have %q", input.Name)
		case slices.Contains(reservedFields, input.Name):
			f.add(field+".Fields", "the protocol has another use for the name %q", input.Name)
		case seen[input.Name]:
			f.add(field+".Fields", "%q is there twice", input.Name)
		}
		if !slices.Contains(fieldTypes, input.Type) {
			f.add(field+".Fields", "%q: want a type of %q, have %q", input.Name, fieldTypes[1:], input.Type)
		}
		seen[input.Name] = true
	}
	for reason := range p.Messages {
		if !reasonPattern.MatchString(reason) {
			f.add(field+".Messages", "want a reason of letters, digits, -, . and _, have %q", reason)
		}
	}
}
