package cardea_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// An application with database sessions deletes the expired ones once a day.
func ExampleAuth_PurgeExpired() {
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}

	// A user with an expired session and a current one.
	ctx := context.Background()
	ann := &cardea.User{Name: "Ann Example"}
	if err := store.CreateUser(ctx, ann); err != nil {
		log.Fatal(err)
	}
	for token, age := range map[string]time.Duration{"expired": time.Hour, "current": -time.Hour} {
		s := &cardea.Session{Token: token, UserID: ann.ID, Expires: time.Now().Add(-age)}
		if err := store.CreateSession(ctx, s); err != nil {
			log.Fatal(err)
		}
	}

	n, err := auth.PurgeExpired(ctx)
	fmt.Println(n, err)
	// Output: 1 <nil>
}
