// Package cgo has Cardea on an application's own connection of gorm.io/driver/sqlite, whose driver
// is SQLite in C: it is faster with many connections, and needs cgo and a C compiler. Without cgo
// the package is empty.
package cgo
