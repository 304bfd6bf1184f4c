package gormadapter

import (
	"database/sql"

	"gorm.io/gorm"
)

// Driver connects [Open] to one kind of database. The packages sqlite, postgresql and mysql beside
// this one each have one, called Driver; package drivers finds them by name.
//
// Write another only for a database that Open should open too. An application with a *gorm.DB calls
// [New], which needs no Driver.
type Driver interface {
	// Connect checks the options and opens a connection pool. If options are missing, contradict
	// each other or do not apply to this kind of database, Connect returns one error that names
	// them all. No error contains the password.
	//
	// Connect does not have to reach the server: Open asks for an answer afterwards. If Connect
	// fails, it leaves nothing open.
	Connect(o Options) (*Connection, error)
}

// Connection is what a [Driver] has opened for [Open].
type Connection struct {
	// Database describes the database in error messages, such as `sqlite database "./db.sqlite"`.
	// It must not contain the password.
	Database string

	// Pool is the connection pool. Open, or the adapter's Close, closes it.
	Pool *sql.DB

	// Dialector is GORM's dialect on Pool. If Options.Debug is set, its Explain must return the
	// statement without values, because GORM does not always ask the logger whether it wants them
	// (Scan does not).
	Dialector gorm.Dialector

	// ConstantErrors are errors of the Go driver whose texts are constants, such as "invalid
	// connection". The adapter uses these texts in its own errors. It describes other errors of
	// databases and drivers by code or type, because their texts may contain values of rows.
	// Defaults to none.
	ConstantErrors []error
}
