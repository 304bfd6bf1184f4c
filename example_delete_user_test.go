package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// The user and the application's own rows are deleted in one transaction: all of them, or none.
func ExampleAuth_DeleteUser() {
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}
	// deleteOrders stands for the deletion of the application's own rows.
	deleteOrders := func(ctx context.Context, userID string) error { return nil }

	ctx := context.Background()
	ann := &cardea.User{Name: "Ann Example"}
	if err := store.CreateUser(ctx, ann); err != nil {
		log.Fatal(err)
	}
	err = store.Transact(ctx, func(ctx context.Context) error {
		if err := deleteOrders(ctx, ann.ID); err != nil {
			return err
		}
		return auth.DeleteUser(ctx, ann.ID)
	})
	fmt.Println(err)

	_, err = store.UserByID(ctx, ann.ID)
	fmt.Println(errors.Is(err, cardea.ErrNotFound))
	// Output:
	// <nil>
	// true
}
