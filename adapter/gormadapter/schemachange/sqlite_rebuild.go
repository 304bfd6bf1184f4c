package schemachange

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// SQLite can make few changes to an existing table. For all others Atlas rebuilds the table: it
// creates a new one, copies the rows, drops the old table and renames the new one. This file adds
// what Atlas leaves out: the indexes and triggers that are in no entity, the counter of
// AUTOINCREMENT, and a guard.

var (
	// unreadClauses matches clauses of a table's definition that Atlas does not read, so a rebuild
	// would lose them.
	unreadClauses = regexp.MustCompile(`(?i)\b(collate|deferrable|conflict|match)\b`)

	// quotedOrComment matches quoted text and comments, in which these words are no clauses.
	quotedOrComment = regexp.MustCompile(
		"(?s)'[^']*'|\"[^\"]*\"|`[^`]*`|\\[[^]]*\\]|--[^\n]*|/\\*.*?\\*/",
	)
)

func (sqliteEngine) preserve(
	ctx context.Context, q schema.ExecQuerier, live, want *schema.Table,
) (preserved, error) {
	for _, index := range live.Indexes {
		renameConstraintIndex(index, want)
	}
	p := preserved{obstacle: unreadClause(live), objects: removeExtraIndexes(live, want)}
	triggers, err := queryPairs(ctx, q, "SELECT name, sql FROM sqlite_master "+
		"WHERE type = 'trigger' AND tbl_name = ? ORDER BY name", live.Name)
	for _, trigger := range triggers {
		name, create := trigger[0], trigger[1]
		p.objects = append(p.objects,
			preservedObject{fmt.Sprintf("trigger %s of %s", name, live.Name), create})
	}
	return p, err
}

// unreadClause returns the first clause of the table's definition that a rebuild would lose, or the
// empty string.
func unreadClause(live *schema.Table) string {
	create := attribute[*sqlite.CreateStmt](live.Attrs)
	if create == nil {
		return ""
	}
	return unreadClauses.FindString(quotedOrComment.ReplaceAllString(create.S, ""))
}

// renameConstraintIndex changes the name of an index that SQLite made for a UNIQUE constraint to
// the name that it will have after a rebuild.
func renameConstraintIndex(index *schema.Index, want *schema.Table) {
	if !strings.HasPrefix(index.Name, "sqlite_autoindex_") {
		return
	}
	for _, w := range want.Indexes {
		if sameIndex(index, w) {
			index.Name = w.Name
			return
		}
	}
	index.Name = want.Name
	for _, part := range index.Parts {
		index.Name += "_" + part.C.Name
	}
}

// removeExtraIndexes removes from live the indexes that a CREATE INDEX made and that are in no
// entity, and returns them.
func removeExtraIndexes(live, want *schema.Table) (removed []preservedObject) {
	live.Indexes = slices.DeleteFunc(live.Indexes, func(l *schema.Index) bool {
		create := attribute[*sqlite.CreateStmt](l.Attrs)
		origin := attribute[*sqlite.IndexOrigin](l.Attrs)
		if create == nil || origin == nil || origin.O != "c" {
			return false
		}
		if slices.ContainsFunc(want.Indexes, func(w *schema.Index) bool {
			return w.Name == l.Name || sameIndex(l, w)
		}) {
			return false
		}
		removed = append(removed,
			preservedObject{fmt.Sprintf("index %s of %s", l.Name, live.Name), create.S})
		return true
	})
	return removed
}

// The beginning and the end of a script that rebuilds tables. Foreign keys are off, because
// dropping the old table would otherwise delete the rows that refer to it. SQLite ignores the
// switch inside a transaction; the guard then makes the script fail before anything is dropped.
var (
	beginRebuildScript = []Statement{
		{"PRAGMA foreign_keys = OFF", "run all this on one connection, not inside a transaction"},
		{"BEGIN IMMEDIATE", "take the write lock"},
	}
	endRebuildScript = []Statement{
		{"COMMIT", "commit all changes together"},
		{"PRAGMA foreign_keys = ON", "switch foreign keys on again"},
	}
)

// The guard is a temporary table whose check fails if foreign keys are on, or if after the rebuild
// more rows violate a foreign key than before.
var (
	beginGuard = []Statement{
		{"PRAGMA legacy_alter_table = ON", "leave views and triggers that name the table as they are"},
		{
			"CREATE TEMP TABLE cardea_guard " +
				"(fine INTEGER NOT NULL CHECK (fine), violations INTEGER NOT NULL)",
			"create a guard that fails if a condition is false",
		},
		{
			"INSERT INTO cardea_guard " +
				"SELECT (SELECT foreign_keys FROM pragma_foreign_keys) = 0, " +
				"(SELECT count(*) FROM pragma_foreign_key_check)",
			"condition: foreign keys are off",
		},
	}
	endGuard = []Statement{
		{
			"INSERT INTO cardea_guard " +
				"SELECT (SELECT count(*) FROM pragma_foreign_key_check) <= violations, 0 " +
				"FROM cardea_guard",
			"condition: no more rows violate a foreign key than before",
		},
		{"DROP TABLE cardea_guard", "drop the guard"},
		{"PRAGMA legacy_alter_table = OFF", "switch back to the default"},
	}
)

// finish adds the guard if the plan rebuilds a table, and creates again the objects that the old
// table had. It returns an error if a rebuild would lose something.
func (sqliteEngine) finish(
	p *migrate.Plan, tables map[string]preserved,
) (list []Statement, ownTransaction bool, err error) {
	var recreate []Statement
	for _, change := range p.Changes {
		if strings.HasPrefix(change.Cmd, "PRAGMA foreign_keys") {
			ownTransaction = true // Atlas switches foreign keys off for rebuilds only
			continue
		}
		list = append(list, Statement{change.Cmd, change.Comment})
		list = append(list, copyAutoIncrement(change)...)
		lost, err := recreateObjects(change, tables)
		if err != nil {
			return nil, false, err
		}
		recreate = append(recreate, lost...)
	}
	if ownTransaction {
		list = slices.Concat(beginGuard, list, recreate, endGuard)
	}
	return list, ownTransaction, nil
}

// copyAutoIncrement returns the statement that gives the new table of a rebuild the AUTOINCREMENT
// counter of the old one, so that the number of a deleted row is not used again. It returns nil if
// the change does not create such a table.
func copyAutoIncrement(change *migrate.Change) []Statement {
	add, ok := change.Source.(*schema.AddTable)
	if !ok {
		return nil
	}
	oldName, rebuild := strings.CutPrefix(add.T.Name, "new_")
	autoIncrement := slices.ContainsFunc(add.T.Columns, func(c *schema.Column) bool {
		return attribute[*sqlite.AutoIncrement](c.Attrs) != nil
	})
	if !rebuild || !autoIncrement {
		return nil
	}
	return []Statement{{
		SQL: fmt.Sprintf("INSERT INTO sqlite_sequence (name, seq) "+
			"SELECT %s, seq FROM sqlite_sequence WHERE name = %s", quoteText(add.T.Name), quoteText(oldName)),
		Comment: "continue the numbers of the old table",
	}}
}

// recreateObjects returns the statements that create again the objects that are lost when a rebuild
// drops the old table. It returns nil for any other change.
func recreateObjects(change *migrate.Change, tables map[string]preserved) (list []Statement, err error) {
	modify, ok := change.Source.(*schema.ModifyTable)
	if !ok || !strings.HasPrefix(change.Cmd, "DROP TABLE") {
		return nil, nil
	}
	old := tables[modify.T.Name]
	if old.obstacle != "" {
		return nil, fmt.Errorf("table %s has to be rebuilt, and its %s would be lost: change it by hand",
			modify.T.Name, old.obstacle)
	}
	for _, object := range old.objects {
		list = append(list, Statement{object.create, "create again: " + object.name})
	}
	return list, nil
}
