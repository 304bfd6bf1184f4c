package memadapter

import (
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Format implements [fmt.Formatter]. It writes only the type.
func (a Adapter) Format(f fmt.State, _ rune) { redact.Format(f, a) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (a Adapter) LogValue() slog.Value { return redact.Value(a) }
