package password

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// CodeFields says that a field of the sign-up is missing or not a text, that all of them together
// are too long, or that the user cannot be stored with them. A hook of [cardea.BeforeCreate]
// returns a [cardea.Error] with this code if it does not accept a field: then the page on which the
// password is chosen asks for the fields again.
const CodeFields = "password_fields"

const (
	maxName   = 200 // bytes of a name
	maxFields = 400 // bytes of the name and the further fields, as JSON: they are part of a link
)

var (
	fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

	// takenFields are the inputs that a form has already.
	takenFields = []string{
		"name", "email", "password", feature.FieldLink, "csrfToken", "callbackUrl", "json", "redirect", "redirectTo",
	}

	// fieldTypes are the types of inputs whose value is a text that is no secret.
	fieldTypes = []string{"", "text", "email", "tel", "number", "url", "search"}
)

// signUpFields are the further fields of the sign-up.
type signUpFields []cardea.Field

// faults returns what is wrong with the fields.
func (fields signUpFields) faults() (faults []error) {
	add := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("Options.Fields: "+format, args...))
	}
	seen := map[string]bool{}
	for _, field := range fields {
		switch {
		case !fieldName.MatchString(field.Name):
			add("want a name of letters, digits, -, . and _, have %q", field.Name)
		case slices.Contains(takenFields, field.Name) || seen[field.Name]:
			add("the form has an input %q already", field.Name)
		case !slices.Contains(fieldTypes, field.Type):
			add("%q: want a type of %q, have %q", field.Name, fieldTypes[1:], field.Type)
		}
		seen[field.Name] = true
	}
	return faults
}

// typed are the name and the further fields that somebody has typed.
type typed struct {
	name   string
	fields map[string]any
}

// read returns what was typed, and false if the form cannot be accepted. A name that is too long is
// left out.
func (fields signUpFields) read(form map[string]string) (t typed, ok bool) {
	if name := strings.TrimSpace(form["name"]); len(name) <= maxName && utf8.ValidString(name) {
		t.name = name
	}
	t.fields = map[string]any{}
	for _, field := range fields {
		value := strings.TrimSpace(form[field.Name])
		if field.Required && value == "" || !utf8.ValidString(value) {
			return t, false
		}
		if value != "" {
			t.fields[field.Name] = value
		}
	}
	text, err := json.Marshal([]any{t.name, t.fields})
	return t, err == nil && len(text) <= maxFields
}

// claims adds what was typed to the values of a link.
func (t typed) claims(values oauth.Claims) oauth.Claims {
	values[valueName] = t.name
	if len(t.fields) > 0 {
		values[valueFields] = t.fields
	}
	return values
}

// fields returns the further fields in a link for a sign-up.
func (l link) fields() oauth.Claims {
	fields, _ := l.values[valueFields].(map[string]any)
	return fields
}

// amend puts what was typed again into the fields of a link. A field that is empty, or not in the
// form, keeps its value. It returns false if all of them together are too long.
func (fields signUpFields) amend(l link, form map[string]string) (ok bool) {
	merged := map[string]string{"name": l.value(valueName)}
	for _, field := range fields {
		merged[field.Name] = l.fields().String(field.Name)
		if value := strings.TrimSpace(form[field.Name]); value != "" && utf8.ValidString(value) {
			merged[field.Name] = value
		}
	}
	optional := slices.Clone(fields) // the link of a mail about a forgotten password has no fields
	for i := range optional {
		optional[i].Required = false
	}
	t, ok := optional.read(merged)
	if ok {
		l.values[valueFields] = t.fields
	}
	return ok
}

// again returns the fields as inputs of a form that asks for them once more. What was typed stands
// behind each of them, and is kept if nothing is typed.
func (fields signUpFields) again(l link) []feature.Field {
	var inputs []feature.Field
	for _, field := range fields {
		field.Label = cmp.Or(field.Label, field.Name)
		if typed := l.fields().String(field.Name); typed != "" {
			field.Placeholder, field.Required = typed, false
		}
		inputs = append(inputs, field)
	}
	return inputs
}

// inputs returns the fields as inputs of the form, which name themselves if they have no label.
func (fields signUpFields) inputs(t *language.Texts) []cardea.Field {
	inputs := []cardea.Field{{Name: "name", Label: t.Text("password.name"), Autocomplete: "name"}, addressField(t)}
	for _, field := range fields {
		if field.Label == "" {
			field.Label = field.Name
		}
		inputs = append(inputs, field)
	}
	return inputs
}
