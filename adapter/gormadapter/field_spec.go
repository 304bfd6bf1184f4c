package gormadapter

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

// fieldSpec describes a field that an entity must have. Its name is the name of the field in the
// default entity. An application's entity has a field with the same name, or one with that name in
// a tag, such as `cardea:"Email"`.
type fieldSpec struct {
	name string
	kind fieldKind
}

// fieldKind is a kind of values that a field must be able to hold.
type fieldKind struct {
	types    string // the Go types that can hold the values, for messages
	samples  []any  // example values; the field must be able to hold at least one of them
	nullable bool   // the value may be NULL
	optional bool   // the entity may do without the field
	byTag    bool   // a field of another type that has the name, and no tag, is another field
}

var (
	textKind     = fieldKind{types: "a string, *string or sql.NullString", samples: []any{"text"}}
	nullTextKind = fieldKind{types: textKind.types, samples: textKind.samples, nullable: true}
	timeKind     = fieldKind{
		types:   "a time.Time, *time.Time or sql.NullTime",
		samples: []any{time.Date(2031, time.March, 5, 23, 59, 58, 123_000_000, time.UTC)},
	}
	nullTimeKind = fieldKind{types: timeKind.types, samples: timeKind.samples, nullable: true}
	secondsKind  = fieldKind{
		types: "an int64, *int64 or sql.NullInt64", samples: []any{int64(2_000_000_000)}, nullable: true,
	}
	counterKind      = fieldKind{types: "an int64 or uint32", samples: []any{int64(1<<32 - 1)}}
	stepKind         = fieldKind{types: "an int64", samples: []any{int64(200_000_000_000)}}
	microsecondsKind = fieldKind{types: "an int64", samples: []any{int64(2_000_000_000_000_000)}}
	boolKind         = fieldKind{types: "a bool", samples: []any{true}}
	keyKind          = fieldKind{
		types:   "a string, an integer or a UUID that scans from and into text",
		samples: []any{"0c6f9f4e-7f0b-4f5c-9a53-0d6d0b8f4a11", "7"},
	}
	rowIDKind = fieldKind{types: keyKind.types, samples: keyKind.samples, optional: true}

	// What describes a sign-in came later than the applications' own session entities.
	signInTextKind  = laterKind(nullTextKind)
	signInTimeKind  = laterKind(nullTimeKind)
	signInLevelKind = laterKind(fieldKind{
		types: "an int16, int64 or a pointer to one", samples: []any{int64(2)}, nullable: true,
	})
)

var (
	userSpecs = []fieldSpec{
		{"ID", keyKind},
		{"Name", nullTextKind},
		{"Email", nullTextKind},
		{"EmailVerified", nullTimeKind},
		{"Image", nullTextKind},
	}
	sessionSpecs = []fieldSpec{
		{"ID", rowIDKind},
		{"UserID", keyKind},
		{"Expires", timeKind},
		{"SessionToken", textKind},
	}
	signInSpecs = []fieldSpec{ // of sessions too
		{"CreatedAt", signInTimeKind},
		{"AuthTime", signInTimeKind},
		{"SeenAt", signInTimeKind},
		{"Methods", signInTextKind},
		{"Level", signInLevelKind},
		{"IP", signInTextKind},
		{"UserAgent", signInTextKind},
	}
	accountSpecs = []fieldSpec{
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
	tokenSpecs = []fieldSpec{
		{"Token", textKind},
		{"Expires", timeKind},
		{"Identifier", textKind},
	}
	authenticatorSpecs = []fieldSpec{
		{"CredentialID", textKind},
		{"UserID", keyKind},
		{"ProviderAccountID", textKind},
		{"CredentialPublicKey", textKind},
		{"Counter", counterKind},
		{"CredentialDeviceType", textKind},
		{"CredentialBackedUp", boolKind},
		{"Transports", nullTextKind},
	}
	passwordSpecs = []fieldSpec{
		{"UserID", keyKind},
		{"Hash", textKind},
		{"ChangedAt", timeKind},
	}
	limitSpecs = []fieldSpec{
		{"Key", textKind},
		{"TAT", microsecondsKind},
	}
	factorSpecs = []fieldSpec{
		{"ID", textKind},
		{"UserID", keyKind},
		{"Kind", textKind},
		{"Name", textKind},
		{"Secret", textKind},
		{"LastStep", stepKind},
		{"CreatedAt", timeKind},
		{"LastUsedAt", nullTimeKind},
	}
	recoveryCodeSpecs = []fieldSpec{
		{"UserID", keyKind},
		{"Hash", textKind},
	}
)

// laterKind returns the kind of fields that an entity may do without.
func laterKind(k fieldKind) fieldKind {
	k.optional, k.byTag = true, true
	return k
}

// findFields finds the field for each spec and checks its type.
func (m *schemaMapper) findFields(t *table, specs []fieldSpec) {
	m.checkTags(t, specs)
	var missing []string
	for _, spec := range specs {
		switch field := m.findField(t, spec); {
		case field != nil && spec.kind.byTag && !hasTag(field) && !isUsable(t, spec, field):
		case field != nil:
			t.byName[spec.name] = field
			m.checkType(t, spec, field)
		case !spec.kind.optional:
			missing = append(missing, spec.name)
		}
	}
	if len(missing) > 0 {
		m.fault("%s has no column for %s: embed the default entity, give the fields these names, or give them a tag "+
			"such as `cardea:%q`", t.schema.ModelType, strings.Join(missing, ", "), missing[0])
	}
}

// findField returns the field for a spec, or nil. A field with the name in a tag takes precedence
// over one with the same name.
func (m *schemaMapper) findField(t *table, spec fieldSpec) *schema.Field {
	var tagged, named []*schema.Field
	for _, name := range t.schema.DBNames {
		field := t.schema.FieldsByDBName[name]
		switch tag, ok := field.Tag.Lookup("cardea"); {
		case ok && tag == spec.name:
			tagged = append(tagged, field)
		case !ok && field.Name == spec.name:
			named = append(named, field)
		}
	}
	fields := append(tagged, named...)
	if len(tagged) == 1 {
		fields = tagged
	}
	if len(fields) > 1 {
		m.fault("%s has %d fields for %s: give one of them the tag `cardea:%q`", t.schema.ModelType, len(fields),
			spec.name, spec.name)
	}
	if len(fields) == 0 {
		return nil
	}
	return fields[0]
}

// noSpec is the tag of a field that has the name of a spec by accident.
const noSpec = "-"

// checkTags refuses tags that contain none of the names.
func (m *schemaMapper) checkTags(t *table, specs []fieldSpec) {
	var names []string
	for _, spec := range specs {
		names = append(names, spec.name)
	}
	for _, field := range t.schema.Fields {
		if tag, ok := field.Tag.Lookup("cardea"); ok && tag != noSpec && !slices.Contains(names, tag) {
			m.fault("%s.%s has the tag `cardea:%q`, want one of %s", t.schema.ModelType, field.Name, tag,
				strings.Join(names, ", "))
		}
	}
}

// checkType checks that the field can be read and written, and that it can hold one of the sample
// values.
func (m *schemaMapper) checkType(t *table, spec fieldSpec, field *schema.Field) {
	if !field.Readable || !field.Creatable {
		m.fault("%s.%s must be readable and writable: it is the %s", t.schema.ModelType, field.Name, spec.name)
	}
	if suits(t, spec, field) {
		return
	}
	m.fault("%s.%s is a %s, want %s: it is the %s", t.schema.ModelType, field.Name, field.FieldType, spec.kind.types,
		spec.name)
}

// suits reports whether the field can hold the values of the spec.
func suits(t *table, spec fieldSpec, field *schema.Field) bool {
	return slices.ContainsFunc(spec.kind.samples, func(sample any) bool { return holds(t, spec, field, sample) })
}

// isUsable reports whether checkType finds nothing wrong with the field.
func isUsable(t *table, spec fieldSpec, field *schema.Field) bool {
	return field.Readable && field.Creatable && suits(t, spec, field)
}

func hasTag(field *schema.Field) bool {
	_, ok := field.Tag.Lookup("cardea")
	return ok
}

// holds reports whether the field has the sample value after it was set to it.
func holds(t *table, spec fieldSpec, field *schema.Field, sample any) bool {
	entity := reflect.New(t.schema.ModelType)
	if err := field.Set(context.Background(), entity, sample); err != nil {
		return false
	}
	value := columnValue(pointerTo(context.Background(), field, entity))
	if spec.name == "ID" || spec.name == "UserID" {
		value = asText(value)
	}
	if moment, ok := value.(time.Time); ok {
		want, isTime := sample.(time.Time)
		return isTime && moment.Equal(want)
	}
	return value == sample
}
