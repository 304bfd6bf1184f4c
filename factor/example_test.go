package factor_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// People set up an authenticator app on the page GET /api/auth/account, and are asked for a code at
// the next sign-in. Administrators must set one up at their first.
func Example() {
	factors := factor.New(factor.Options{
		Issuer: "Example", // what the apps show
		RequiredFor: func(_ context.Context, u *cardea.User) bool {
			return strings.HasSuffix(u.Email, "@admin.example.com")
		},
		Remember: 30 * 24 * time.Hour,
	})
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Adapter:   memadapter.New(), // in production a gormadapter
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
		Features:  []cardea.Feature{factors, account.New(account.Options{})},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(auth != nil)
	// Output: true
}
