package cardea

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/oauth"
)

// CredentialsProvider signs people in with the application's own check of what they type into a
// form, such as a name and a password. Applications get one from credentials.New, which also keeps
// the check from revealing who has an account.
//
// It works with both values of [Strategy]. No [Account] is stored: callbacks and events get one
// whose ProviderAccountID is the user's id, and an [oauth.Profile] that is built from the user.
// Tries that fail are limited, by Limits.Account, AccountClient and Client of [Config].
type CredentialsProvider struct {
	// ID names the provider in URLs: lower-case letters, digits, hyphens and underscores. No other
	// provider of the site has the same.
	ID string

	// Name is shown to people. It must not be empty.
	Name string

	// Fields are the inputs of the form, one or more.
	Fields []Field

	// Account are the names of the fields that together name the account, for the limits of tries.
	// Defaults to the one field that is no secret; if there are several, to the one with the
	// Autocomplete username or, if there is none, the one of the type email. Secrets are of the
	// type password, or have password in their Name, or password or one-time-code in their
	// Autocomplete. If all fields are secrets, only the tries of a client are limited.
	Account []string

	// Authorize returns the user who signs in. It may be called concurrently.
	//
	// Values has the configured fields that were sent, and no others. Each value is valid UTF-8
	// without NUL, has at most 4096 bytes, and is not empty if the field is required. The body of r
	// has been read.
	//
	// With an [Adapter] the user must exist in the store, and only User.ID matters, because the row
	// is read again. Without an adapter the session holds the user that Authorize returns, which
	// needs an ID too.
	//
	// If the result is nil, or the error is an [Error] with CodeCredentialsSignIn, the sign-in is
	// refused, and the form gets Error.Reason. For any other Error the visitor sees its code. Any
	// other error is a failure of the site: it is logged, and the visitor sees Configuration.
	Authorize func(ctx context.Context, values map[string]string, r *http.Request) (*User, error)

	// Methods are what the check proves, for [Session].Methods: names of RFC 8176, such as pwd, or
	// of your own. All of them together, with spaces between them, have at most 64 bytes. Defaults
	// to pwd.
	Methods []string

	// Messages are the texts that the built-in sign-in page shows for each Error.Reason. Defaults
	// to one text for all reasons.
	Messages map[string]string

	// Style is how the provider looks on the sign-in page. Each field has a default.
	Style oauth.Style

	// Err is what credentials.New found wrong with its options. [New] reports it. Nil means no
	// fault.
	Err error
}

// Field is one input of the form of a [CredentialsProvider]. It becomes an HTML input element.
type Field = feature.Field

// ProviderID returns p.ID.
func (p *CredentialsProvider) ProviderID() string { return p.ID }

func (p *CredentialsProvider) info() providerInfo {
	return providerInfo{
		id: p.ID, name: p.Name, kind: TypeCredentials, style: p.Style,
		storesCredentials: true, statusOnRefusal: true, messages: p.Messages,
	}
}

// methods returns p.Methods or their default.
func (p *CredentialsProvider) methods() []string {
	if len(p.Methods) == 0 {
		return []string{methodPassword}
	}
	return p.Methods
}

const maxFieldValue = 4096 // bytes of a field

// values returns the values of the fields in a form. It returns false if a value is one that
// Authorize must not get.
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

	// reservedFields are the names of parameters of the protocol.
	reservedFields = []string{"csrfToken", "callbackUrl", "json", "redirect", "redirectTo"}

	// fieldTypes are the types of inputs whose value is the text that somebody typed.
	fieldTypes = []string{"", "text", "password", "email", "tel", "number", "url", "search"}
)

func (p *CredentialsProvider) validate(_ *Config, field string, faults *configerr.List) {
	if p.Err != nil {
		faults.AddEach(field, p.Err)
	} else if p.Authorize == nil {
		faults.Add(field+".Authorize", "is missing")
	}
	p.validateFields(field+".Fields", faults)
	p.validateAccount(field+".Account", faults)
	if err := checkMethods(p.Methods); err != nil {
		faults.Add(field+".Methods", "%v", err)
	}
	checkMessages(p.Messages, field+".Messages", faults)
}

func checkMessages(messages map[string]string, field string, faults *configerr.List) {
	for reason := range messages {
		if !isReason(reason) {
			faults.Add(field, "want a reason of letters, digits, -, . and _, have %q", reason)
		}
	}
}

func (p *CredentialsProvider) validateFields(field string, faults *configerr.List) {
	if len(p.Fields) == 0 {
		faults.Add(field, "is empty; name what the form asks for")
	}
	checkFields(p.Fields, field, faults)
}

func checkFields(fields []Field, field string, faults *configerr.List) {
	seen := map[string]bool{}
	for _, input := range fields {
		switch {
		case !fieldNamePattern.MatchString(input.Name):
			faults.Add(field, "want a name of letters, digits, -, . and _, have %q", input.Name)
		case slices.Contains(reservedFields, input.Name):
			faults.Add(field, "the protocol uses the name %q for something else", input.Name)
		case seen[input.Name]:
			faults.Add(field, "two fields have the name %q", input.Name)
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

// isSecret reports whether a field is one that names no account.
func isSecret(f Field) bool {
	return f.Type == "password" || strings.Contains(strings.ToLower(f.Name), "password") ||
		strings.Contains(f.Autocomplete, "password") || strings.Contains(f.Autocomplete, "one-time-code")
}

// accountFields returns the fields that name the account, or false if that cannot be known.
func (p *CredentialsProvider) accountFields() (names []string, ok bool) {
	if len(p.Account) > 0 {
		return p.Account, true
	}
	var open, username, email []string
	for _, f := range p.Fields {
		if isSecret(f) || slices.Contains(open, f.Name) {
			continue
		}
		open = append(open, f.Name)
		if slices.Contains(strings.Fields(f.Autocomplete), "username") {
			username = append(username, f.Name)
		}
		if f.Type == "email" {
			email = append(email, f.Name)
		}
	}
	for _, list := range [][]string{open, username, email} {
		if len(list) == 1 {
			return list, true
		}
	}
	return nil, len(open) == 0
}

func (p *CredentialsProvider) fieldNames() (names []string) {
	for _, f := range p.Fields {
		names = append(names, f.Name)
	}
	return names
}

func (p *CredentialsProvider) validateAccount(field string, faults *configerr.List) {
	for _, name := range p.Account {
		if !slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Name == name }) {
			faults.Add(field, "want names of Fields, which are %q, have %q", p.fieldNames(), name)
		}
	}
	if _, ok := p.accountFields(); !ok && len(p.Fields) > 0 {
		faults.Add(field, "want the names of the Fields that name the account, for the limits of tries; it cannot be "+
			"known from the fields")
	}
}

// accountOf returns the name of the account that somebody has typed.
func (p *CredentialsProvider) accountOf(values map[string]string) string {
	names, _ := p.accountFields()
	var parts []string
	for _, name := range names {
		parts = append(parts, values[name])
	}
	return strings.Join(parts, "/")
}

// credentialsMethod is a way to sign in with something that the application stores.
type credentialsMethod struct {
	*wayMethod
	provider *CredentialsProvider
}

func (p *CredentialsProvider) open(a *Auth) (signInMethod, error) {
	h := &Host{auth: a, id: p.ID}
	return &credentialsMethod{&wayMethod{h, p.way(h)}, p}, nil
}

// info is that of the provider.
func (m *credentialsMethod) info() providerInfo { return m.provider.info() }
