package gormadapter

import (
	"fmt"
	"log/slog"
)

// What these methods write never contains a password. Package fmt calls them only for a value that
// it can reach through exported fields.

// Format implements [fmt.Formatter]. It writes where the database is, without DSN and Password.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "gormadapter.Options%v", o.shown()) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (o Options) LogValue() slog.Value { return slog.GroupValue(o.shown()...) }

func (o Options) shown() []slog.Attr {
	return []slog.Attr{
		slog.String("Driver", fmt.Sprintf("%T", o.Driver)),
		slog.String("DSN", hidden(o.DSN)),
		slog.String("Host", o.Host),
		slog.Int("Port", o.Port),
		slog.String("User", o.User),
		slog.String("Password", hidden(o.Password)),
		slog.String("DBName", o.DBName),
		slog.String("Schema", o.Schema),
		slog.String("Timezone", o.Timezone),
	}
}

// hidden stands for a secret. It shows whether that is set.
func hidden(secret string) string {
	if secret == "" {
		return ""
	}
	return "[redacted]"
}

// Format implements [fmt.Formatter]. It writes what Database says.
func (c Connection) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "gormadapter.Connection{%s}", c.Database)
}

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (c Connection) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// unprinted is embedded by [Adapter], whose connection has a password.
type unprinted struct{}

const nameOfAdapter = "gormadapter.Adapter{}"

// Format implements [fmt.Formatter]. It writes only the type.
func (unprinted) Format(f fmt.State, _ rune) { fmt.Fprint(f, nameOfAdapter) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (unprinted) LogValue() slog.Value { return slog.StringValue(nameOfAdapter) }
