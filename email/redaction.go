package email

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes neither the bodies nor the link nor the code.
func (m Message) Format(f fmt.State, _ rune) { redact.Format(f, m) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (m Message) LogValue() slog.Value { return redact.Value(m) }

// Format implements [fmt.Formatter]. It writes no password.
func (s SMTP) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s SMTP) LogValue() slog.Value { return redact.Value(s) }

// Format implements [fmt.Formatter]. It writes no header, which may have a key.
func (s *Service) Format(f fmt.State, _ rune) { redact.Format(f, s) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (s *Service) LogValue() slog.Value { return redact.Value(s) }
