package cardeatest

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes no secret, code or token.
func (s *Issuer) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s *Issuer) LogValue() slog.Value { return redact.Value(s) }

// Format implements [fmt.Formatter]. It writes neither the password nor the token.
func (c MailServerConfig) Format(f fmt.State, _ rune) { redact.Format(f, c) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (c MailServerConfig) LogValue() slog.Value { return redact.Value(c) }

// Format implements [fmt.Formatter]. It writes everything but the mail.
func (d Delivery) Format(f fmt.State, _ rune) { redact.Format(f, d) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (d Delivery) LogValue() slog.Value { return redact.Value(d) }

// Format implements [fmt.Formatter]. It writes no mail.
func (s *MailServer) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s *MailServer) LogValue() slog.Value { return redact.Value(s) }

// Format implements [fmt.Formatter]. It writes only the type.
func (b *Mailbox) Format(f fmt.State, _ rune) { redact.Format(f, b) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (b *Mailbox) LogValue() slog.Value { return redact.Value(b) }
