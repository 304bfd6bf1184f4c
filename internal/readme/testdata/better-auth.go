// The declarations that the code of docs/better-auth.md uses but does not contain.
package main

import (
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

var (
	sender    email.Sender
	passwords *password.Feature

	_ passwordhash.Verifier
)
