package gormadapter

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/schema"
)

// role is what sign-in keeps in a field of an entity. Its name is that of the field in the default
// entity. In an entity of the application's it is the field with the name in a tag,
// `cardea:"Email"`, or else the field of that name.
type role struct {
	name string
	kind kind
}

// kind is what a role's field must be able to hold.
type kind struct {
	types    string // the Go types that can, in words
	samples  []any  // of which a field must give back one as it was given
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
	truthKind   = kind{types: "a bool", samples: []any{true}}
	keyKind     = kind{
		types:   "a string, an integer or a UUID that scans from and into text",
		samples: []any{"0c6f9f4e-7f0b-4f5c-9a53-0d6d0b8f4a11", "7"},
	}
	rowIDKind = kind{types: keyKind.types, samples: keyKind.samples, optional: true}
)

var (
	userRoles = []role{
		{"ID", keyKind}, {"Name", nullTextKind}, {"Email", nullTextKind}, {"EmailVerified", nullTimeKind},
		{"Image", nullTextKind},
	}
	sessionRoles = []role{{"ID", rowIDKind}, {"UserID", keyKind}, {"Expires", timeKind}, {"SessionToken", textKind}}
	accountRoles = []role{
		{"ID", rowIDKind}, {"UserID", keyKind}, {"Type", textKind}, {"Provider", textKind},
		{"ProviderAccountID", textKind},
		{"RefreshToken", nullTextKind}, {"AccessToken", nullTextKind}, {"ExpiresAt", secondsKind},
		{"TokenType", nullTextKind},
		{"Scope", nullTextKind}, {"IDToken", nullTextKind}, {"SessionState", nullTextKind},
	}
	tokenRoles         = []role{{"Token", textKind}, {"Expires", timeKind}, {"Identifier", textKind}}
	authenticatorRoles = []role{
		{"CredentialID", textKind}, {"UserID", keyKind}, {"ProviderAccountID", textKind},
		{"CredentialPublicKey", textKind}, {"Counter", counterKind},
		{"CredentialDeviceType", textKind}, {"CredentialBackedUp", truthKind}, {"Transports", nullTextKind},
	}
)

// cast finds the fields that play the roles of t.
func (p *parser) cast(t *table, roles []role) {
	p.checkTags(t, roles)
	var missing []string
	for _, r := range roles {
		switch field := p.player(t, r); {
		case field != nil:
			t.roles[r.name] = field
			p.checkType(t, r, field)
		case !r.kind.optional:
			missing = append(missing, r.name)
		}
	}
	if len(missing) > 0 {
		p.fault("%s has no column for %s: embed the default entity, or call the fields so, or give them a tag such "+
			"as `cardea:%q`",
			t.schema.ModelType, strings.Join(missing, ", "), missing[0])
	}
}

func (p *parser) player(t *table, r role) *schema.Field {
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
	players := append(tagged, named...)
	if len(tagged) == 1 {
		players = tagged
	}
	if len(players) > 1 {
		p.fault("%s has %d fields for %s: give one of them the tag `cardea:%q`", t.schema.ModelType, len(players),
			r.name, r.name)
	}
	if len(players) == 0 {
		return nil
	}
	return players[0]
}

func (p *parser) checkTags(t *table, roles []role) {
	for _, field := range t.schema.Fields {
		if tag, ok := field.Tag.Lookup("cardea"); ok && !slices.ContainsFunc(roles, func(r role) bool {
			return r.name == tag
		}) {
			var names []string
			for _, r := range roles {
				names = append(names, r.name)
			}
			p.fault("%s.%s has the tag `cardea:%q`, want one of %s", t.schema.ModelType, field.Name, tag,
				strings.Join(names, ", "))
		}
	}
}

// checkType lets the field hold a sample of what it is to hold.
func (p *parser) checkType(t *table, r role, field *schema.Field) {
	if !field.Readable || !field.Creatable {
		p.fault("%s.%s must be readable and writable: it is the %s", t.schema.ModelType, field.Name, r.name)
	}
	for _, sample := range r.kind.samples {
		entity := reflect.New(t.schema.ModelType)
		if err := field.Set(context.Background(), entity, sample); err != nil {
			continue
		}
		held := held(at(context.Background(), field, entity))
		if r.name == "ID" || r.name == "UserID" {
			held = asText(held)
		}
		if moment, ok := held.(time.Time); ok && moment.Equal(timeKind.samples[0].(time.Time)) || held == sample {
			return
		}
	}
	p.fault("%s.%s is a %s, want %s: it is the %s", t.schema.ModelType, field.Name, field.FieldType, r.kind.types,
		r.name)
}

func (p *parser) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}
