// The declarations that the code of docs/accounts.md uses but does not contain.
package main

import (
	"context"
	"log/slog"
	"net/http"
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
	auth      *cardea.Auth
	w         http.ResponseWriter
	r         *http.Request
	u         struct{ ID string }
	mux       *http.ServeMux
	ctx       context.Context

	changeAddress, pay func(http.ResponseWriter, *http.Request, *cardea.User)
)
