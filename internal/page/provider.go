package page

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode"
)

// Kind tells which form a provider has on the sign-in page.
type Kind int

// The kinds of form.
const (
	OAuth       Kind = iota // a button that leads to the provider
	Email                   // an e-mail address
	Credentials             // the fields of the application's own check
)

// Provider is one way to sign in, as the sign-in page shows it.
type Provider struct {
	ID     string
	Name   string // for people
	Kind   Kind
	Action string // URL that its form posts to: signin/{id}, for Credentials callback/{id}. A path will do.

	BrandColor string // background of the button as #rrggbb; defaults to the card's
	// of OAuth: the d attribute of an SVG path in a 24 by 24 box; defaults to the name's initial in
	// a ring
	Logo   string
	Fields []Field // of Credentials
}

// Field is one input of a form of kind [Credentials].
type Field struct {
	Name         string // of the parameter
	Label        string // for people; defaults to Name
	Type         string // of the input element; defaults to text
	Placeholder  string
	Autocomplete string
	Required     bool
}

// pathData is the alphabet of an SVG path (SVG 2 § 9.3): commands, numbers and separators, so
// nothing that could leave the attribute.
var pathData = regexp.MustCompile(`^[Mm][MmZzLlHhVvCcSsQqTtAaEe0-9 ,.+\-]*$`)

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

// block is a provider with all that the template needs to draw its form.
type block struct {
	Provider
	Class string // of the button
	Or    bool   // a separator stands above
}

func (b block) IsOAuth() bool { return b.Kind == OAuth }
func (b block) IsEmail() bool { return b.Kind == Email }

// Initial stands in for the logo of a provider that has none.
func (b block) Initial() string {
	for _, r := range b.Name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

func blocksOf(providers []Provider) []block {
	blocks := make([]block, len(providers))
	for i, p := range providers {
		p.Fields = withDefaults(p.Fields)
		blocks[i] = block{
			Provider: p,
			Class:    buttonClass(i, p),
			Or:       i > 0 && (p.Kind != OAuth || providers[i-1].Kind != OAuth),
		}
	}
	return blocks
}

// buttonClass names the rules of a provider's button: its own color if it has one, else the brand's
// for forms to fill in, and the neutral one.
func buttonClass(i int, p Provider) string {
	switch {
	case p.BrandColor != "":
		return providerClass(i)
	case p.Kind == OAuth:
		return "neutral"
	}
	return "primary"
}

func providerClass(i int) string { return "provider-" + strconv.Itoa(i) }

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
