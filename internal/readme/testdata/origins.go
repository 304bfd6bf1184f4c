// The declarations that the code of docs/origins.md uses but does not contain.
package main

import (
	"io/fs"
	"net/http"
	"os"
	"strings"

	"github.com/cardea-auth/cardea"
)

var auth, api http.Handler
