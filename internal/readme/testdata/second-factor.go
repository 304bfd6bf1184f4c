// The declarations that the code of docs/second-factor.md uses but does not contain.
package main

import (
	"context"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/oauth"
)

type User struct{ Role string }

var (
	adapter   cardea.Adapter
	providers []cardea.Provider
	sender    email.Sender
	auth      *cardea.Auth
	idp       *oauth.Provider

	_ = os.Getenv
	_ account.Options
	_ time.Duration
	_ context.Context
	_ *factor.Feature
)
