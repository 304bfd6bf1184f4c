package account_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
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

// An application shows whether a deletion waits, and an administrator takes it back.
func ExampleFeature_Deletion() {
	ctx, store := context.Background(), memadapter.New()
	page := account.New(account.Options{
		DeleteAfter: 30 * 24 * time.Hour, From: "Example <no-reply@example.com>", Sender: &cardeatest.Mailbox{},
	})
	_, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("a secret of the site ", 2), BaseURL: "https://example.com", Adapter: store,
		Features: []cardea.Feature{page},
	})
	if err != nil {
		log.Fatal(err)
	}
	ann := &cardea.User{Email: "ann@example.com"}
	if err := store.CreateUser(ctx, ann); err != nil {
		log.Fatal(err)
	}

	show := func() {
		due, err := page.Deletion(ctx, ann.ID)
		switch {
		case err != nil:
			log.Fatal(err)
		case due.IsZero():
			fmt.Println("no deletion waits")
		default:
			fmt.Println("deleted in", time.Until(due).Round(24*time.Hour))
		}
	}
	show()
	if _, err := page.StartDeletion(ctx, ann.ID); err != nil {
		log.Fatal(err)
	}
	show()
	if _, err := page.CancelDeletion(ctx, ann.ID); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// no deletion waits
	// deleted in 720h0m0s
	// no deletion waits
}
