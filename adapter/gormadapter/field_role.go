package gormadapter

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

// role is what sign-in keeps in a field of an entity. Its name is the field's name in the default
// entity. In an application's entity it belongs to the field with that name in a tag,
// `cardea:"Email"`, or else to the field of that name.
type role struct {
	name string
	kind kind
}

// kind is what a role's field must be able to hold.
type kind struct {
	types    string // the Go types that can hold it, in words
	samples  []any  // the field must give back one of them as it was set
	nullable bool   // the value may be missing
	optional bool   // the field may be missing
}

var (
	textKind     = kind{types: "a string, *string or sql.NullString", samples: []any{"text"}}
	nullTextKind = kind{types: textKind.types, samples: textKind.samples, nullable: true}
	timeKind     = kind{
		types:   "a time.Time, *time.Time or sql.NullTime",
		samples: []any{time.Date(2031, time.March, 5, 23, 59, 58, 123_000_000, time.UTC)},
	}
	nullTimeKind = kind{types: timeKind.types, samples: timeKind.samples, nullable: true}
	secondsKind  = kind{
		types: "an int64, *int64 or sql.NullInt64", samples: []any{int64(2_000_000_000)}, nullable: true,
	}
	counterKind = kind{types: "an int64 or uint32", samples: []any{int64(1<<32 - 1)}}
	boolKind    = kind{types: "a bool", samples: []any{true}}
	keyKind     = kind{
		types:   "a string, an integer or a UUID that scans from and into text",
		samples: []any{"0c6f9f4e-7f0b-4f5c-9a53-0d6d0b8f4a11", "7"},
	}
	rowIDKind = kind{types: keyKind.types, samples: keyKind.samples, optional: true}
)

var (
	userRoles = []role{
		{"ID", keyKind},
		{"Name", nullTextKind},
		{"Email", nullTextKind},
		{"EmailVerified", nullTimeKind},
		{"Image", nullTextKind},
	}
	sessionRoles = []role{
		{"ID", rowIDKind},
		{"UserID", keyKind},
		{"Expires", timeKind},
		{"SessionToken", textKind},
	}
	accountRoles = []role{
		{"ID", rowIDKind},
		{"UserID", keyKind},
		{"Type", textKind},
		{"Provider", textKind},
		{"ProviderAccountID", textKind},
		{"RefreshToken", nullTextKind},
		{"AccessToken", nullTextKind},
		{"ExpiresAt", secondsKind},
		{"TokenType", nullTextKind},
		{"Scope", nullTextKind},
		{"IDToken", nullTextKind},
		{"SessionState", nullTextKind},
	}
	tokenRoles = []role{
		{"Token", textKind},
		{"Expires", timeKind},
		{"Identifier", textKind},
	}
	authenticatorRoles = []role{
		{"CredentialID", textKind},
		{"UserID", keyKind},
		{"ProviderAccountID", textKind},
		{"CredentialPublicKey", textKind},
		{"Counter", counterKind},
		{"CredentialDeviceType", textKind},
		{"CredentialBackedUp", boolKind},
		{"Transports", nullTextKind},
	}
)

// assignRoles finds the field of each role.
func (m *schemaMapper) assignRoles(t *table, roles []role) {
	m.checkTags(t, roles)
	var missing []string
	for _, r := range roles {
		switch field := m.fieldOf(t, r); {
		case field != nil:
			t.roles[r.name] = field
			m.checkType(t, r, field)
		case !r.kind.optional:
			missing = append(missing, r.name)
		}
	}
	if len(missing) > 0 {
		m.fault("%s has no column for %s: embed the default entity, give the fields these names, or give them a tag "+
			"such as `cardea:%q`", t.schema.ModelType, strings.Join(missing, ", "), missing[0])
	}
}

// fieldOf returns the field of a role, or nil.
func (m *schemaMapper) fieldOf(t *table, r role) *schema.Field {
	var tagged, named []*schema.Field
	for _, name := range t.schema.DBNames {
		field := t.schema.FieldsByDBName[name]
		switch tag, ok := field.Tag.Lookup("cardea"); {
		case ok && tag == r.name:
			tagged = append(tagged, field)
		case !ok && field.Name == r.name:
			named = append(named, field)
		}
	}
	fields := append(tagged, named...)
	if len(tagged) == 1 {
		fields = tagged
	}
	if len(fields) > 1 {
		m.fault("%s has %d fields for %s: give one of them the tag `cardea:%q`", t.schema.ModelType, len(fields),
			r.name, r.name)
	}
	if len(fields) == 0 {
		return nil
	}
	return fields[0]
}

// checkTags refuses tags that name no role.
func (m *schemaMapper) checkTags(t *table, roles []role) {
	var names []string
	for _, r := range roles {
		names = append(names, r.name)
	}
	for _, field := range t.schema.Fields {
		if tag, ok := field.Tag.Lookup("cardea"); ok && !slices.Contains(names, tag) {
			m.fault("%s.%s has the tag `cardea:%q`, want one of %s", t.schema.ModelType, field.Name, tag,
				strings.Join(names, ", "))
		}
	}
}

// checkType sets the field to the samples of its role, and looks for one that it gives back.
func (m *schemaMapper) checkType(t *table, r role, field *schema.Field) {
	if !field.Readable || !field.Creatable {
		m.fault("%s.%s must be readable and writable: it is the %s", t.schema.ModelType, field.Name, r.name)
	}
	for _, sample := range r.kind.samples {
		if givesBack(t, r, field, sample) {
			return
		}
	}
	m.fault("%s.%s is a %s, want %s: it is the %s", t.schema.ModelType, field.Name, field.FieldType, r.kind.types,
		r.name)
}

// givesBack reports whether the field of a role, set to a sample, has the same value afterwards.
func givesBack(t *table, r role, field *schema.Field, sample any) bool {
	entity := reflect.New(t.schema.ModelType)
	if err := field.Set(context.Background(), entity, sample); err != nil {
		return false
	}
	value := columnValue(pointerTo(context.Background(), field, entity))
	if r.name == "ID" || r.name == "UserID" {
		value = asText(value)
	}
	if moment, ok := value.(time.Time); ok {
		want, isTime := sample.(time.Time)
		return isTime && moment.Equal(want)
	}
	return value == sample
}
