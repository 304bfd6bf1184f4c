package cardea

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// The types of this package that hold secrets, or other values that do, print none of them. What is
// secret has the tag json:"-"; see internal/redact.
//
// The functions of package fmt call these methods only for a value that they can reach through
// exported fields. What an application keeps in an unexported field is printed as it is.

// Format implements [fmt.Formatter]. It writes no secret.
func (c Config) Format(f fmt.State, _ rune) { redact.Format(f, c) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (c Config) LogValue() slog.Value { return redact.Value(c) }

// Format implements [fmt.Formatter]. It writes only the type.
func (a *Auth) Format(f fmt.State, _ rune) { redact.Format(f, a) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (a *Auth) LogValue() slog.Value { return redact.Value(a) }

// Format implements [fmt.Formatter]. It writes only the type.
func (h *Host) Format(f fmt.State, _ rune) { redact.Format(f, h) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (h *Host) LogValue() slog.Value { return redact.Value(h) }

// Format implements [fmt.Formatter]. It writes the type of Entity instead of its content.
func (u User) Format(f fmt.State, _ rune) { redact.Format(f, u) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (u User) LogValue() slog.Value { return redact.Value(u) }

// Format implements [fmt.Formatter]. It writes no token, and the type of Entity instead of its
// content.
func (a Account) Format(f fmt.State, _ rune) { redact.Format(f, a) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (a Account) LogValue() slog.Value { return redact.Value(a) }

// Format implements [fmt.Formatter]. It writes no token, and the type of Entity instead of its
// content.
func (s Session) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s Session) LogValue() slog.Value { return redact.Value(s) }

// Format implements [fmt.Formatter]. It writes the type of Entity instead of its content.
func (a Authenticator) Format(f fmt.State, _ rune) { redact.Format(f, a) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (a Authenticator) LogValue() slog.Value { return redact.Value(a) }

// Format implements [fmt.Formatter]. It writes everything but the token.
func (t VerificationToken) Format(f fmt.State, _ rune) { redact.Format(f, t) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (t VerificationToken) LogValue() slog.Value { return redact.Value(t) }

// Format implements [fmt.Formatter]. It writes neither the link nor the code.
func (m SignInMail) Format(f fmt.State, _ rune) { redact.Format(f, m) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (m SignInMail) LogValue() slog.Value { return redact.Value(m) }

// Format implements [fmt.Formatter]. It writes no token, and the types of entities instead of their
// contents.
func (in SignIn) Format(f fmt.State, _ rune) { redact.Format(f, in) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (in SignIn) LogValue() slog.Value { return redact.Value(in) }

// Format implements [fmt.Formatter]. It writes no secret, and the length of Update instead of its
// content.
func (t TokenChange) Format(f fmt.State, _ rune) { redact.Format(f, t) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (t TokenChange) LogValue() slog.Value { return redact.Value(t) }

// Format implements [fmt.Formatter]. It writes no secret, and the length of Update instead of its
// content.
func (v SessionView) Format(f fmt.State, _ rune) { redact.Format(f, v) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (v SessionView) LogValue() slog.Value { return redact.Value(v) }
