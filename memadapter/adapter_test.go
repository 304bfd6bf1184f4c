package memadapter_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/memadapter"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(*testing.T) cardea.Adapter { return memadapter.New() })
}

func TestContextOfAnEndedTransactionIsRefused(t *testing.T) {
	t.Parallel()
	a := memadapter.New()
	var late context.Context
	if err := a.Transact(t.Context(), func(ctx context.Context) error {
		late = ctx
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateUser(late, &cardea.User{ID: "late"}); err == nil {
		t.Error("CreateUser: got no error")
	}
	if err := a.Transact(late, func(context.Context) error { return nil }); err == nil {
		t.Error("Transact: got no error")
	}
	if _, err := a.UserByID(t.Context(), "late"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestTransactionOfAnotherAdapter(t *testing.T) {
	t.Parallel()
	one, two, own := memadapter.New(), memadapter.New(), errors.New("own")
	err := one.Transact(t.Context(), func(ctx context.Context) error {
		if err := two.CreateUser(ctx, &cardea.User{ID: "1"}); err != nil {
			t.Error(err)
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Fatal(err)
	}
	if _, err := two.UserByID(t.Context(), "1"); err != nil {
		t.Errorf("got %v, want the user", err)
	}
}

// A caller may change a value that it passed or got: the store keeps a copy.
func TestValuesAreCopies(t *testing.T) {
	t.Parallel()
	a := memadapter.New()
	given := &cardea.User{ID: "1", Name: "Ada"}
	if err := a.CreateUser(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	given.Name = "changed"
	for range 2 {
		got, err := a.UserByID(t.Context(), "1")
		if err != nil || got.Name != "Ada" {
			t.Errorf("got %v and %v, want Ada", got, err)
		}
		got.Name = "changed"
	}
}
