// The declarations that the code of docs/passwords.md uses but does not contain.
package main

import (
	"context"
	"log"
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

var (
	ctx       context.Context
	adapter   cardea.Adapter
	sender    email.Sender
	passwords *password.Feature
	rows      []struct{ UserID, Hash string }

	_ oauth.Profile
	_ = os.Getenv
	_ = log.Printf
	_ passwordhash.Verifier
)

// Customer is the application's row of a user.
type Customer struct{ Company, Phone string }
