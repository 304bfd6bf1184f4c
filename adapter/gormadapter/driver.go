package gormadapter

import (
	"database/sql"

	"gorm.io/gorm"
)

// Driver connects [Open] to one kind of database. The packages sqlite, postgresql and mysql beside
// this one each export one, named Driver. Package drivers finds them by name.
//
// Implement Driver only if Open should support another database. An application that has a *gorm.DB
// calls [New], which needs no Driver.
type Driver interface {
	// Connect checks the options and opens a connection pool. If options are missing, contradict
	// each other or do not apply to this kind of database, Connect returns one error that names
	// them all. No error contains the password.
	//
	// Connect need not contact the server, because Open does so next. If Connect fails, it leaves
	// nothing open. It may be called concurrently.
	Connect(o Options) (*Connection, error)
}

// Connection is what a [Driver] opens for [Open].
type Connection struct {
	// Database describes the database in error messages, such as `sqlite database "./db.sqlite"`.
	// It must not contain the password.
	Database string

	// Pool is the connection pool. Open closes it if Open fails, otherwise [Adapter.Close] does.
	Pool *sql.DB `json:"-"`

	// Dialector is GORM's dialect on Pool. If Options.Debug is set, its method Explain must return
	// the statement without values: GORM asks the logger's ParamsFilter before it logs values, but
	// not in Scan.
	Dialector gorm.Dialector `json:"-"`

	// ConstantErrors are errors of the Go driver whose texts are constants, such as "invalid
	// connection". The adapter uses these texts in its own errors. It describes other errors of
	// databases and drivers by code or type, because their texts may contain values of rows.
	// Defaults to none.
	ConstantErrors []error
}
