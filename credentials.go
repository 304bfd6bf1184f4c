package cardea

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/oauth"
)

// CredentialsProvider signs people in with the application's own check of what they type into a
// form, such as a name and a password. Applications get one from credentials.New, which also keeps
// the check from revealing who has an account.
//
// Both values of [Strategy] work. No [Account] is stored: callbacks and events see one whose
// ProviderAccountID is the user's id, and an [oauth.Profile] that is built from the user. Only the
// check itself limits how often somebody may try.
type CredentialsProvider struct {
	// ID names the provider in URLs: lower-case letters, digits, hyphens and underscores.
	ID string

	// Name is shown to people. It must not be empty.
	Name string

	// Fields are the inputs of the form, one or more.
	Fields []Field

	// Authorize returns the user who signs in. It may be called concurrently.
	//
	// Values has the configured fields that were sent, and nothing else of the form. Each value is
	// valid UTF-8 without NUL, has at most 4096 bytes, and is not empty if the field is required.
	// The body of r has been read.
	//
	// With an [Adapter] the user must exist in the store, and only User.ID counts: the row is read
	// again. Without one the session holds what Authorize returns, which needs an ID too.
	//
	// Nil, or an [Error] with CodeCredentialsSignIn, refuses the sign-in; Error.Reason then reaches
	// the form. The visitor sees the code of any other Error. Every other error is a failure of the
	// site: it is logged, and the visitor sees Configuration.
	Authorize func(ctx context.Context, values map[string]string, r *http.Request) (*User, error)

	// Messages are what the built-in sign-in page says for each Error.Reason. Defaults to one text
	// for all.
	Messages map[string]string

	// Style is how the provider looks on the sign-in page.
	Style oauth.Style

	// Err is what credentials.New found wrong with its options. [New] reports it. Nil means no
	// fault.
	Err error
}

// Field is one input of the form of a [CredentialsProvider].
type Field struct {
	Name         string // of the parameter: letters, digits, -, . and _, the first one a letter
	Label        string // shown to people; defaults to Name
	Type         string // of the input element, such as password; defaults to text
	Placeholder  string // of the input element; defaults to none
	Autocomplete string // of the input element, such as username or current-password; defaults to none
	Required     bool   // without a value the check is not called
}

// ProviderID returns p.ID.
func (p *CredentialsProvider) ProviderID() string { return p.ID }

func (p *CredentialsProvider) info() providerInfo {
	return providerInfo{
		id: p.ID, name: p.Name, kind: TypeCredentials, style: p.Style,
		storesCredentials: true, statusOnRefusal: true, messages: p.Messages,
	}
}

const maxFieldValue = 4096 // bytes of a field

// values returns the values of the fields in a form. It returns false for values that the check
// should not see.
func (p *CredentialsProvider) values(form map[string]string) (values map[string]string, ok bool) {
	values = map[string]string{}
	for _, f := range p.Fields {
		value, sent := form[f.Name]
		if f.Required && value == "" || len(value) > maxFieldValue || !utf8.ValidString(value) ||
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

	// reservedFields are parameters of the protocol.
	reservedFields = []string{"csrfToken", "callbackUrl", "json", "redirect", "redirectTo"}

	// fieldTypes are the inputs whose value is the text that somebody typed.
	fieldTypes = []string{"", "text", "password", "email", "tel", "number", "url", "search"}
)

func (p *CredentialsProvider) validate(_ *Config, field string, faults *configerr.List) {
	if p.Err != nil {
		faults.AddEach(field, p.Err)
	} else if p.Authorize == nil {
		faults.Add(field+".Authorize", "is missing")
	}
	p.validateFields(field+".Fields", faults)
	for reason := range p.Messages {
		if !reasonPattern.MatchString(reason) {
			faults.Add(field+".Messages", "want a reason of letters, digits, -, . and _, have %q", reason)
		}
	}
}

func (p *CredentialsProvider) validateFields(field string, faults *configerr.List) {
	if len(p.Fields) == 0 {
		faults.Add(field, "is empty; name what the form asks for")
	}
	seen := map[string]bool{}
	for _, input := range p.Fields {
		switch {
		case !fieldNamePattern.MatchString(input.Name):
			faults.Add(field, "want a name of letters, digits, -, . and _, have %q", input.Name)
		case slices.Contains(reservedFields, input.Name):
			faults.Add(field, "the protocol uses the name %q for something else", input.Name)
		case seen[input.Name]:
			faults.Add(field, "%q is there twice", input.Name)
		}
		if !slices.Contains(fieldTypes, input.Type) {
			faults.Add(field, "%q: want a type of %q, have %q", input.Name, fieldTypes[1:], input.Type)
		}
		seen[input.Name] = true
	}
}

func (p *CredentialsProvider) button(basePath string) page.Provider {
	button := page.Provider{
		ID: p.ID, Name: p.Name, Kind: page.Credentials, Action: basePath + "/callback/" + p.ID,
		BrandColor: p.Style.BrandColor, Logo: p.Style.Logo,
	}
	for _, f := range p.Fields {
		button.Fields = append(button.Fields, page.Field(f))
	}
	return button
}

func (p *CredentialsProvider) open(*Auth) (signInMethod, error) { return &credentialsMethod{p}, nil }
