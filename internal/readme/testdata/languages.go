// The declarations that the code of docs/languages.md uses but does not contain.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/language"
)

var (
	providers []cardea.Provider
	italian   map[string]string

	_ = os.Getenv
	_ http.Handler
	_ *testing.T
	_ json.Encoder
	_ language.Config
)
