// What stands around the code of docs/providers.md.
package main

import (
	"context"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)
