// What stands around the code of docs/authjs.md.
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
