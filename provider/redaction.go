package provider

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes everything but the secret.
func (c Client) Format(f fmt.State, _ rune) { redact.Format(f, c) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (c Client) LogValue() slog.Value { return redact.Value(c) }

// Format implements [fmt.Formatter]. It writes everything but the private key.
func (o AppleOptions) Format(f fmt.State, _ rune) { redact.Format(f, o) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (o AppleOptions) LogValue() slog.Value { return redact.Value(o) }

// Format implements [fmt.Formatter]. It writes no API key.
func (o BungieOptions) Format(f fmt.State, _ rune) { redact.Format(f, o) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (o BungieOptions) LogValue() slog.Value { return redact.Value(o) }
