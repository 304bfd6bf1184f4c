// The declarations that the code of docs/account-page.md uses but does not contain.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/email"
)

var (
	adapter   cardea.Adapter
	providers []cardea.Provider
	sender    email.Sender
	ctx       context.Context
)
