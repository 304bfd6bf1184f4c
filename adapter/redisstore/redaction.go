package redisstore

import (
	"fmt"
	"log/slog"
)

// What these methods write never contains the secret.

// Format implements [fmt.Formatter]. It writes the options without Secret.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "redisstore.Options%v", o.shown()) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (o Options) LogValue() slog.Value { return slog.GroupValue(o.shown()...) }

func (o Options) shown() []slog.Attr {
	return []slog.Attr{
		slog.Duration("Sessions", o.Sessions), slog.String("Prefix", o.Prefix), slog.Duration("Timeout", o.Timeout),
	}
}
