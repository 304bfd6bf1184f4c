package gormadapter

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"reflect"
	"strings"

	"gorm.io/gorm/schema"
)

// defaultNames are the names of indexes and foreign keys in the tags of the default entities, by
// the name of the table. They are the names that MikroORM uses, and begin with the name of the
// table.
var defaultNames = map[string][]string{
	"user":    {"user_email_unique"},
	"session": {"session_user_id_index", "session_session_token_unique", "session_user_id_foreign"},
	"account": {
		"account_user_id_index", "account_provider_provider_account_id_unique", "account_user_id_foreign",
	},
	"verification_token": {"verification_token_token_identifier_unique"},
	"authenticator":      {"authenticator_credential_id_unique", "authenticator_user_id_foreign"},
	"throttle":           {"throttle_tat_index"},
	"factor":             {"factor_user_id_index", "factor_user_id_foreign"},
	"recovery_code":      {"recovery_code_user_id_foreign"},
	"user_password":      {"user_password_user_id_foreign"},
}

// renameConstraints makes the names of indexes and foreign keys begin with the actual name of their
// table. On SQLite and PostgreSQL the indexes of all tables share one namespace, on MySQL all
// foreign keys do.
//
// It changes GORM's description of the entities, from which GORM's migrations take the names.
func renameConstraints(tables map[string]*table) {
	newNames := map[string]string{}
	for defaultName, t := range tables {
		// Without the database schema: each has its own namespace.
		name := t.schema.Table[strings.LastIndexByte(t.schema.Table, '.')+1:]
		if name == defaultName {
			continue
		}
		for _, old := range defaultNames[defaultName] {
			newNames[old] = limitName(name + strings.TrimPrefix(old, defaultName))
		}
	}
	for _, t := range tables {
		for _, field := range t.schema.Fields {
			renameInField(field, newNames)
		}
		for _, relation := range t.schema.Relationships.Relations {
			renameInField(relation.Field, newNames)
		}
	}
}

// renameInField changes the names in one field's description. It writes only what changes, and
// copies a map before it changes it, because another goroutine may be reading the map.
func renameInField(field *schema.Field, newNames map[string]string) {
	for old, name := range newNames {
		tag := renameIndex(string(field.Tag), old, name)
		if tag != string(field.Tag) {
			field.Tag = reflect.StructTag(tag)
		}
		if rest, ok := strings.CutPrefix(field.TagSettings["CONSTRAINT"], old+","); ok {
			settings := maps.Clone(field.TagSettings)
			settings["CONSTRAINT"] = name + "," + rest
			field.TagSettings = settings
		}
	}
}

// renameIndex renames an index in a struct tag, such as
// `gorm:"size:255;uniqueIndex:old,priority:1"`. In the tag, the name is followed by a comma, a
// semicolon or the closing quotation mark.
func renameIndex(tag, old, name string) string {
	for _, setting := range []string{"index:", "Index:"} { // "uniqueIndex:" ends with the latter
		for _, end := range []string{`"`, ",", ";"} {
			tag = strings.ReplaceAll(tag, setting+old+end, setting+name+end)
		}
	}
	return tag
}

// limitName shortens a name to PostgreSQL's 63 bytes. The name then ends with a hash, because
// PostgreSQL would cut off the rest, and two long names might become the same.
func limitName(name string) string {
	const limit = 63
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:limit-8] + hex.EncodeToString(sum[:4])
}
