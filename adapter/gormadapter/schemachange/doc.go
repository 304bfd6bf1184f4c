// Package schemachange plans the changes that bring a live database to the adapter's entities, as
// SQL that you can read before it runs. A plan has new tables, columns, indexes, foreign keys and
// checks, and changes of types, defaults and checks, on SQLite, PostgreSQL, MySQL and MariaDB.
//
// [Diff] makes the plan. [Apply] makes it and runs it. [Fresh] writes the schema of an empty
// database. [Main] is a command that does all of these, and that writes numbered migration files
// for goose and golang-migrate.
//
// GORM itself describes the entities, so tags, naming strategies and prefixes mean here what they
// mean to the adapter. Atlas (ariga.io/atlas) finds the differences. Because of that dependency
// this package is a separate module.
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
// Only the tables of the entities are compared. Columns, indexes, constraints, triggers and
// defaults in these tables that are in no entity stay as they are, and [Plan.Extra] lists them.
//
// Nothing is dropped unless it is created again in another form: an index, a check or a foreign key
// whose definition changed, and on SQLite the old copy of a table that had to be rebuilt.
//
// If your tables only ever get new columns and indexes, use [gormadapter.Adapter.Migrate], which
// needs none of this.
package schemachange
