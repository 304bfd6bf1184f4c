package oauth

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes neither the client secret nor a private key nor
// headers.
func (p Provider) Format(f fmt.State, _ rune) { redact.Format(f, p) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (p Provider) LogValue() slog.Value { return redact.Value(p) }

// Format implements [fmt.Formatter]. It writes no private key.
func (k ClientKey) Format(f fmt.State, _ rune) { redact.Format(f, k) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (k ClientKey) LogValue() slog.Value { return redact.Value(k) }

// Format implements [fmt.Formatter]. It writes no secret, code or token.
func (g CodeGrant) Format(f fmt.State, _ rune) { redact.Format(f, g) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (g CodeGrant) LogValue() slog.Value { return redact.Value(g) }

// Format implements [fmt.Formatter]. It writes only ClientID and Now.
func (r Redirection) Format(f fmt.State, _ rune) { redact.Format(f, r) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (r Redirection) LogValue() slog.Value { return redact.Value(r) }

// Format implements [fmt.Formatter]. It writes neither headers nor parameters.
func (t TokenRules) Format(f fmt.State, _ rune) { redact.Format(f, t) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (t TokenRules) LogValue() slog.Value { return redact.Value(t) }

// Format implements [fmt.Formatter]. It writes no secret that Raw may have.
func (p Profile) Format(f fmt.State, _ rune) { redact.Format(f, p) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (p Profile) LogValue() slog.Value { return redact.Value(p) }

// Format implements [fmt.Formatter]. It writes c as a map[string]any, with [redacted] as the value
// of each member at any depth whose name is that of a secret, such as access_token or password.
func (c Claims) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), redact.Object(c))
}

// LogValue implements [slog.LogValuer]. It contains what Format writes. The JSON has everything.
func (c Claims) LogValue() slog.Value { return slog.AnyValue(redact.Object(c)) }
