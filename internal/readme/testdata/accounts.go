// The declarations that the code of docs/accounts.md uses but does not contain.
package main

import (
	"net/http"

	"github.com/cardea-auth/cardea"
)

var (
	auth *cardea.Auth
	w    http.ResponseWriter
	r    *http.Request
	u    struct{ ID string }
)
