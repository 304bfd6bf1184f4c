package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/factor"
)

// A user is deleted in one process while their sign-in is held for the second factor in another
// one. Nothing of either is left: no token, no factor, no user.
func TestUserDeletedWhileASignInIsHeld(t *testing.T) {
	t.Parallel()
	const rounds = 300
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			process := func() (*cardea.Auth, *gormadapter.Adapter) {
				store := openOn(t, o)
				auth, err := cardea.New(cardea.Config{
					Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
					Features: []cardea.Feature{factor.New(factor.Options{})},
				})
				must(t, err)
				return auth, store
			}
			signsIn, store := process()
			deletes, _ := process()
			held := 0
			for i := range rounds {
				u := &cardea.User{Email: fmt.Sprintf("ann%d@example.com", i), EmailVerified: time.Now()}
				must(t, store.CreateUser(t.Context(), u))
				must(t, store.CreateFactor(t.Context(), &factor.Factor{
					ID: fmt.Sprint("f", i), UserID: u.ID, Kind: "totp", Secret: "x", CreatedAt: time.Now(),
				}))
				var wg sync.WaitGroup
				wg.Go(func() {
					r := httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/", nil)
					proof := cardea.Proof{UserID: u.ID, Methods: []string{"pwd"}}
					_, err := signsIn.SignIn(httptest.NewRecorder(), r, proof)
					if failure, ok := errors.AsType[*cardea.Error](err); ok && failure.Redirect != "" {
						held++
					} else if !errors.Is(err, cardea.ErrNotFound) {
						t.Errorf("round %d: the sign-in: %v", i, err)
					}
				})
				wg.Go(func() {
					if err := deletes.DeleteUser(t.Context(), u.ID); err != nil {
						t.Errorf("round %d: DeleteUser: %v", i, err)
					}
				})
				wg.Wait()
				tokens, err := store.DeleteVerificationTokens(t.Context(), "pending:"+u.ID)
				must(t, err)
				factors, err := store.Factors(t.Context(), u.ID)
				must(t, err)
				if _, err := store.UserByID(t.Context(), u.ID); tokens > 0 || len(factors) > 0 ||
					!errors.Is(err, cardea.ErrNotFound) {
					t.Fatalf("round %d: left are %d tokens, %d factors, %v", i, tokens, len(factors), err)
				}
			}
			t.Logf("%d of %d sign-ins were held before", held, rounds)
		})
	}
}

// A user who is signing in is deleted, in a table that keeps the row. The one waits for the other,
// and they do not wait for each other: a database ends one of two that do, and that one runs again.
func TestUserWithAKeptRowIsDeletedWhileSigningIn(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			signsIn := openOn(t, o, gormadapter.WithUser[quitter]())
			var mu sync.Mutex
			var statements []string
			o.Debug, o.Logger = true, slog.New(statementList{slog.DiscardHandler, &mu, &statements})
			deletes := openExisting(t, o, gormadapter.WithUser[quitter]())
			u := &cardea.User{Email: "ann@example.com"}
			must(t, signsIn.CreateUser(t.Context(), u))
			account := &cardea.Account{UserID: u.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "ann"}
			must(t, signsIn.LinkAccount(t.Context(), account))
			deleted, tries := make(chan error, 1), 0
			must(t, signsIn.Transact(t.Context(), func(ctx context.Context) error {
				if err := signsIn.LockUser(ctx, u.ID); err != nil {
					return err
				}
				if tries++; tries == 1 {
					go func() { deleted <- deletes.DeleteUser(t.Context(), u.ID) }()
					time.Sleep(100 * time.Millisecond)
				}
				return signsIn.UpdateAccount(ctx, account)
			}))
			must(t, <-deleted)
			if tries != 1 {
				t.Errorf("the sign-in was tried %d times", tries)
			}
			mu.Lock()
			defer mu.Unlock()
			runs := 0
			for _, s := range statements {
				if strings.HasPrefix(s, "DELETE") && strings.Contains(s, "account") {
					runs++
				}
			}
			if runs != 1 {
				t.Errorf("the deletion was tried %d times", runs)
			}
			if list, err := signsIn.Accounts(t.Context(), u.ID); err != nil || len(list) > 0 {
				t.Errorf("left are %d accounts, %v", len(list), err)
			}
		})
	}
}
