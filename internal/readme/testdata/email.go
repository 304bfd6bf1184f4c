// The declarations that the code of docs/email.md uses but does not contain.
package main

import (
	"context"
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
)

var adapter interface {
	cardea.Adapter
	cardea.TokenStore
}

type Message = email.Message

func accessToken(context.Context) (string, error) { return "", nil }
