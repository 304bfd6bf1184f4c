// Package schemachange plans how to change a live database so that it has what the adapter's
// entities describe. A plan is SQL that you can read before it runs. It adds tables, columns,
// indexes, foreign keys and checks, and changes types, defaults and checks, on SQLite, PostgreSQL,
// MySQL and MariaDB.
//
// [Diff] makes the plan. [Apply] makes it and runs it. [Fresh] writes the schema of an empty
// database. [Main] is a command that does all of these, and that writes numbered migration files
// for goose and golang-migrate.
//
// The entities are read through GORM, so tags, naming strategies and prefixes have the same effect
// as in the adapter. Atlas (ariga.io/atlas) finds the differences. Because of that dependency this
// package is a separate module.
//
// If your tables only ever get new columns and indexes, you do not need this package: use
// [gormadapter.Adapter.Migrate].
//
// # Difference to Atlas's GORM provider
//
// Atlas's own GORM provider (ariga.io/atlas-provider-gorm) loads GORM models for the atlas command,
// which then plans migrations with a development database. This package needs neither: it uses
// Atlas's Go library to compare the adapter's entities with the live database, and it can run the
// plan from Go.
//
// # What is never touched
//
// Only the tables of the entities are compared. A column, index, constraint, trigger or default in
// these tables that no entity describes stays as it is, and [Plan.Extra] lists it.
//
// Nothing is dropped unless it is created again in another form: an index, a check or a foreign key
// whose definition changed, and on SQLite the old copy of a table that had to be rebuilt.
package schemachange
