package gormadapter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/schema"
)

// fit prepares a row for the columns that the database has. A text that does not fit into its
// column is removed from the row if the column may be NULL. Otherwise fit returns ErrRefused.
//
// The database would refuse the row, and a server that is not in strict mode would cut the text.
// Half a token or half an address is worse than none.
func (s *layouts) fit(ctx context.Context, op string, r *row) error {
	if s.db.dialect == sqliteDialect || s.db.dialect == sqlServerDialect {
		return nil // SQLite keeps no limits, and nothing is read from SQL Server
	}
	l := s.current(ctx)
	for _, field := range r.writableFields() {
		text, ok := r.textOf(ctx, field)
		if !ok || l.columns[field].holds(s.db.dialect, text) {
			continue
		}
		if l = s.since(ctx, time.Now().Add(-layoutMaxAge)); l.columns[field].holds(s.db.dialect, text) {
			continue
		}
		c := l.columns[field]
		s.warnOfColumn(ctx, r.table, field, c)
		if !r.canLeaveOut(field) && (r.isOwn(field) || !c.nullable) {
			return fmt.Errorf("%s: %w: the value for column %s of table %s does not fit into it; to widen it: %s", op,
				cardea.ErrRefused, field.DBName, r.schema.Table, s.wideningStatement(r.table, field, c))
		}
		if err := field.Set(ctx, r.value, nil); err != nil {
			return fmt.Errorf("%s: column %s cannot be left out", op, field.DBName)
		}
	}
	return nil
}

// fitAccount is fit for an account. The expiry belongs to the access token, so it is left out too.
func (s *layouts) fitAccount(ctx context.Context, op string, r *row, from *cardea.Account) error {
	if err := s.fit(ctx, op, r); err != nil {
		return err
	}
	if from.AccessToken != "" && r.text("AccessToken") == "" {
		r.set("ExpiresAt", nil)
	}
	return nil
}

// writableFields returns the fields whose values GORM sends as they are.
func (t *table) writableFields() (fields []*schema.Field) {
	for _, name := range t.schema.DBNames {
		if field := t.schema.FieldsByDBName[name]; field.Readable && field.Creatable && field.Serializer == nil {
			fields = append(fields, field)
		}
	}
	return fields
}

// textOf returns the text in a field. It reports false if there is none.
func (r *row) textOf(ctx context.Context, field *schema.Field) (text string, ok bool) {
	text, ok = columnValue(pointerTo(ctx, field, r.value)).(string)
	return text, ok && text != ""
}

// canLeaveOut reports whether the field is one of the adapter's whose value is optional. A row
// without the e-mail address would be another user.
func (t *table) canLeaveOut(field *schema.Field) bool {
	return slices.Contains(t.optional, field) && field != t.byName["Email"]
}

// isOwn reports whether the adapter needs the field. Others are the application's.
func (t *table) isOwn(field *schema.Field) bool {
	for _, own := range t.byName {
		if own == field {
			return true
		}
	}
	return false
}

// holds reports whether the column can hold a text as it is.
func (c column) holds(d dialect, text string) bool {
	return d.storable(text) && (c.bytes == 0 || !strings.HasPrefix(c.charset, "utf8") || len(text) <= c.bytes) &&
		(c.characters == 0 || len(text) <= c.characters || utf8.RuneCountInString(text) <= c.characters) &&
		c.hasCharacters(text)
}

// hasCharacters reports whether the character set of the column has all characters of the text. It
// reports true for a character set that it does not know.
func (c column) hasCharacters(text string) bool {
	var last rune
	switch c.charset {
	case "utf8", "utf8mb3", "ucs2":
		last = 0xffff
	case "latin1":
		last = 0xff
	case "ascii":
		last = 0x7f
	default:
		return true
	}
	return !strings.ContainsFunc(text, func(char rune) bool {
		return char > last && (c.charset != "latin1" || !strings.ContainsRune(windows1252, char))
	})
}

// windows1252 has the characters of MySQL's latin1 that ISO 8859-1 does not have.
const windows1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
