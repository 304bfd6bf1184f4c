// Package cgo runs Cardea on the application's own connection, opened with gorm.io/driver/sqlite.
// Its driver is SQLite in C, which is faster with many connections but needs cgo and a C compiler.
// Without cgo the package is empty.
package cgo
