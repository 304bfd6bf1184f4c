package authjs

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes no secret.
func (c Config) Format(f fmt.State, _ rune) { redact.Format(f, c) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (c Config) LogValue() slog.Value { return redact.Value(c) }

// Format implements [fmt.Formatter]. It writes only the type.
func (s *Sessions) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s *Sessions) LogValue() slog.Value { return redact.Value(s) }

// Format implements [fmt.Formatter]. It writes c as a map[string]any, with [redacted] as the value
// of each member at any depth whose name is that of a secret, such as access_token or password.
func (c Claims) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), redact.Object(c))
}

// LogValue implements [slog.LogValuer]. It contains what Format writes. The JSON has everything.
func (c Claims) LogValue() slog.Value { return slog.AnyValue(redact.Object(c)) }
