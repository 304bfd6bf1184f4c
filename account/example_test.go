package account_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// The page is GET /api/auth/account. This application deletes accounts on a page of its own.
func ExampleNew() {
	auth, err := cardea.New(cardea.Config{
		Secret:    strings.Repeat("a secret of the site ", 2),
		Adapter:   memadapter.New(),
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
		Features:  []cardea.Feature{account.New(account.Options{Without: []string{account.SectionDelete}})},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(auth != nil)
	// Output: true
}
