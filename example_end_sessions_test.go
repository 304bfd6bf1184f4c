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

// After a user has changed the password, all other sessions end.
func ExampleAuth_EndSessions() {
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}

	// A user with three sessions. In a handler the current one is cardea.SessionFrom(r.Context()).
	ctx := context.Background()
	ann := &cardea.User{Name: "Ann Example"}
	if err := store.CreateUser(ctx, ann); err != nil {
		log.Fatal(err)
	}
	var current *cardea.Session
	for _, device := range []string{"phone", "tablet", "laptop"} {
		current = &cardea.Session{Token: device, UserID: ann.ID, Expires: time.Now().Add(time.Hour)}
		if err := store.CreateSession(ctx, current); err != nil {
			log.Fatal(err)
		}
	}

	n, err := auth.EndSessions(ctx, ann.ID, current)
	fmt.Println(n, "sessions ended,", err)

	sessions, err := auth.Sessions(ctx, ann.ID)
	fmt.Println(len(sessions), "left,", err)
	// Output:
	// 2 sessions ended, <nil>
	// 1 left, <nil>
}
