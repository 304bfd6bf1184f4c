// The declarations that the code of docs/limits.md uses but does not contain.
package main

import (
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/ratelimit"
)

var (
	adapter cardea.Adapter
	sender  email.Sender
)
