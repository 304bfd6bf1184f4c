package gormadapter

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"strings"

	"gorm.io/gorm/schema"
)

// names are those that the default entities give to their indexes and foreign keys in tags. They
// are MikroORM's, which begin with the table's name.
var names = map[string][]string{
	"user":    {"user_email_unique"},
	"session": {"session_user_id_index", "session_session_token_unique", "session_user_id_foreign"},
	"account": {
		"account_user_id_index", "account_provider_provider_account_id_unique", "account_user_id_foreign",
	},
	"verification_token": {"verification_token_token_identifier_unique"},
	"authenticator":      {"authenticator_credential_id_unique", "authenticator_user_id_foreign"},
}

// rename makes the names begin with the name that the tables really have, in GORM's description of
// the entities, from which its migrations read them. SQLite and PostgreSQL have one namespace for
// the indexes of all tables, MySQL one for all foreign keys.
func rename(tables map[string]*table) {
	renamed := map[string]string{}
	for usual, t := range tables {
		// without the database schema, which has a namespace of its own
		name := t.schema.Table[strings.LastIndexByte(t.schema.Table, '.')+1:]
		for _, old := range names[usual] {
			if name != usual {
				renamed[old] = limited(name + strings.TrimPrefix(old, usual))
			}
		}
	}
	for _, t := range tables {
		for _, field := range t.schema.Fields {
			renameIn(field, renamed)
		}
		for _, relation := range t.schema.Relationships.Relations {
			renameIn(relation.Field, renamed)
		}
	}
}

// renameIn writes only what changes, and never into a map that somebody may be reading.
func renameIn(field *schema.Field, renamed map[string]string) {
	for old, name := range renamed {
		for _, end := range []string{`"`, ",", ";"} {
			if tag := strings.ReplaceAll(string(field.Tag), "ndex:"+old+end,
				"ndex:"+name+end); tag != string(field.Tag) {
				field.Tag = reflect.StructTag(tag)
			}
		}
		if rest, ok := strings.CutPrefix(field.TagSettings["CONSTRAINT"], old+","); ok {
			settings := maps.Clone(field.TagSettings)
			settings["CONSTRAINT"] = name + "," + rest
			field.TagSettings = settings
		}
	}
}

// limited keeps a name within PostgreSQL's 63 bytes, beyond which it would be cut off, and another
// one perhaps to the same.
func limited(name string) string {
	const limit = 63
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:limit-8] + hex.EncodeToString(sum[:4])
}
