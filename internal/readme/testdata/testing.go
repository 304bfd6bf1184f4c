// The declarations that the code of docs/testing.md uses but does not contain.
package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/provider"
)

var t *testing.T

func newHandler(cardea.Provider) http.Handler { return nil }
