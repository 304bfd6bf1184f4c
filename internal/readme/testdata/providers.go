// The declarations that the code of docs/providers.md uses but does not contain.
package main

import (
	"context"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)
