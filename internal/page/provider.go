package page

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/cardea-auth/cardea/language"
)

// Kind is the kind of form that a provider has on the sign-in page.
type Kind int

// The kinds of form.
const (
	OAuth       Kind = iota // a button that leads to the provider
	Email                   // a field for an e-mail address
	Credentials             // the fields that the application configured
)

// Provider is one way to sign in, as the sign-in page shows it.
type Provider struct {
	ID   string // the provider's ID
	Name string // the name that the page shows
	Kind Kind   // the kind of its form

	// Action is the URL or the path of its form. That is the endpoint signin/{id}, for Credentials
	// callback/{id}.
	Action string

	// BrandColor is the background of the button, as #rrggbb. It defaults to that of the card. The
	// first form with fields has the main button, in the color of the site's brand.
	BrandColor string

	// Logo is for OAuth: the d attribute of an SVG path in a box of 24 by 24. Defaults to the
	// outline of a person.
	Logo string

	// Fields are the fields of Credentials.
	Fields []Field

	// Links are shown below the form.
	Links []PageLink
}

// PageLink is a link below a form.
type PageLink struct{ URL, Text string }

// Field is one input of a form of kind [Credentials].
type Field struct {
	Name         string // the name of the parameter
	Label        string // the label that the page shows; defaults to Name
	Type         string // the type of the input element; defaults to text
	Placeholder  string // the placeholder in the empty input; "" for none
	Autocomplete string // the attribute autocomplete; "" leaves it out
	InputMode    string // the attribute inputmode; "" leaves it out
	Required     bool   // whether browsers refuse to submit the form while the input is empty
}

// pathData matches the characters of an SVG path (SVG 2 § 9.3): commands, numbers and separators.
// None of them can end the attribute.
var pathData = regexp.MustCompile(`^[Mm][MmZzLlHhVvCcSsQqTtAaEe0-9 ,.+\-]*$`)

// checkProviders returns all faults of the providers, joined.
func checkProviders(providers []Provider) error {
	var faults []error
	for _, p := range providers {
		if _, ok := parseColor(p.BrandColor); !ok && p.BrandColor != "" {
			faults = append(faults, fmt.Errorf("provider %q: Style.BrandColor: want #rrggbb, have %q", p.ID,
				p.BrandColor))
		}
		if p.Logo != "" && !pathData.MatchString(p.Logo) {
			faults = append(faults, fmt.Errorf("provider %q: Style.Logo: want the d attribute of an SVG path", p.ID))
		}
	}
	return errors.Join(faults...)
}

// form is a provider with what the template needs to render its form.
type form struct {
	Provider
	Class     string // of the button
	Button    string // text of the button
	Separated bool   // from the form above it, by the word or
}

// IsOAuth is for the template.
func (f form) IsOAuth() bool { return f.Kind == OAuth }

// IsEmail is for the template.
func (f form) IsEmail() bool { return f.Kind == Email }

func formsOf(t *language.Texts, providers []Provider) []form {
	forms := make([]form, len(providers))
	main := slices.IndexFunc(providers, hasFields)
	for i, p := range providers {
		p.Fields = withDefaults(p.Fields)
		forms[i] = form{
			Provider:  p,
			Class:     buttonClass(i, p, i == main),
			Button:    WayText(t, "signin.with", p.Name),
			Separated: i > 0 && (p.Kind != OAuth || providers[i-1].Kind != OAuth),
		}
	}
	return forms
}

// only returns the form of one provider, or all forms if id is "".
func only(forms []form, id string) []form {
	for i, f := range forms {
		if f.ID == id {
			f.Separated = false
			f.Class = buttonClass(i, f.Provider, hasFields(f.Provider))
			return []form{f}
		}
	}
	return forms
}

// hasFields reports whether the form of a provider is more than a button.
func hasFields(p Provider) bool { return p.Kind != OAuth }

// buttonClass returns the CSS class of a provider's button. A provider with a color has a class of
// its own. The others are neutral but one, the main button, so that the page has one at most.
func buttonClass(i int, p Provider, isMain bool) string {
	switch {
	case p.BrandColor != "":
		return providerClass(i)
	case isMain:
		return "primary"
	}
	return "neutral"
}

func providerClass(i int) string { return "provider-" + strconv.Itoa(i) }

// withDefaults returns a copy of the fields with their defaults.
func withDefaults(fields []Field) []Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		if f.Label == "" {
			fields[i].Label = f.Name
		}
		if f.Type == "" {
			fields[i].Type = "text"
		}
	}
	return fields
}
