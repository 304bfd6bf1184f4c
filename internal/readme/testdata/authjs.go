// The declarations that the code of docs/authjs.md uses but does not contain.
package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/examples/readme-chi/chi"
)

var (
	sessions, v5, v4 *authjs.Sessions
	claims           authjs.Claims
	w                http.ResponseWriter
	r                *http.Request
)

func greeting(http.ResponseWriter, *http.Request) {}
