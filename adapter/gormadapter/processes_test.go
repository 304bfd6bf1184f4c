package gormadapter_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
	"gorm.io/gorm"
)

// processes returns two servers of one site on one database, each with its own connection pool, the
// store of the second, and their provider.
func processes(t *testing.T, e engine) (one, two *cardea.Auth, store *gormadapter.Adapter, idp *cardeatest.Issuer) {
	t.Helper()
	o := e.empty(t)
	idp = cardeatest.NewIssuer(t)
	p := provider.OIDC("idp", "IdP", provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})
	p.Scopes = []string{"openid", "email", "offline_access"}
	other := *p
	other.ID = "other"
	start := func() *cardea.Auth {
		store = openOn(t, o)
		auth, err := cardea.New(cardea.Config{
			Secret: "a secret of at least 32 bytes, only for tests", Adapter: store,
			Logger:    slog.New(slog.DiscardHandler),
			Providers: []cardea.Provider{p, &other},
		})
		must(t, err)
		return auth
	}
	return start(), start(), store, idp
}

// Many requests in two processes ask for an access token at once, and exactly one refreshes it, on
// every database. Otherwise the provider would revoke the grant.
func TestOneRefreshOfManyProcesses(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			one, two, store, idp := processes(t, e)
			mux := http.NewServeMux()
			mux.Handle("/api/auth/", one)
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			cardeatest.SignIn(t, server.URL, "idp", "")
			u, err := store.UserByAccount(t.Context(), "idp", "1001")
			must(t, err)
			for range 3 {
				must(t, store.UpdateAccount(t.Context(),
					&cardea.Account{Provider: "idp", ProviderAccountID: "1001", ExpiresAt: time.Now().Add(-time.Hour)}))
				before := idp.Requests(cardeatest.Token)
				tokens := accessTokens(t, u.ID, one, two)
				if n := idp.Requests(cardeatest.Token) - before; len(tokens) != 1 || n != 1 {
					t.Fatalf("%d different tokens by %d refreshes, want 1 by 1", len(tokens), n)
				}
			}
			idp.Revoke("1001")
			must(t, store.UpdateAccount(t.Context(),
				&cardea.Account{Provider: "idp", ProviderAccountID: "1001", ExpiresAt: time.Now().Add(-time.Hour)}))
			for _, auth := range []*cardea.Auth{one, two} {
				if _, err := auth.AccessToken(t.Context(), u.ID, "idp"); !errors.Is(err, cardea.ErrGrantRevoked) {
					t.Errorf("revoked: got %v", err)
				}
			}
		})
	}
}

// accessTokens asks each process 50 times at once, and returns the different tokens.
func accessTokens(t *testing.T, userID string, processes ...*cardea.Auth) map[string]bool {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	tokens := map[string]bool{}
	for _, auth := range processes {
		for range 50 {
			wg.Go(func() {
				token, err := auth.AccessToken(t.Context(), userID, "idp")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				tokens[token] = true
			})
		}
	}
	wg.Wait()
	return tokens
}

// Two processes unlink the last two accounts of a user at once. One account is left.
func TestLastTwoAccountsUnlinkedAtOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			one, two, store, _ := processes(t, e)
			ctx := t.Context()
			for round := range 20 {
				u := &cardea.User{Name: fmt.Sprint(round)}
				must(t, store.CreateUser(ctx, u))
				for _, provider := range []string{"idp", "other"} {
					must(t, store.LinkAccount(ctx,
						&cardea.Account{
							UserID: u.ID, Type: cardea.TypeOIDC, Provider: provider, ProviderAccountID: u.ID,
						}))
				}
				var wg sync.WaitGroup
				var first, second error
				wg.Go(func() { first = one.UnlinkAccount(ctx, u.ID, "idp", u.ID) })
				wg.Go(func() { second = two.UnlinkAccount(ctx, u.ID, "other", u.ID) })
				wg.Wait()
				left, err := store.Accounts(ctx, u.ID)
				must(t, err)
				if len(left) != 1 || (first == nil) == (second == nil) ||
					!errors.Is(errors.Join(first, second), cardea.ErrLastCredential) {
					t.Fatalf("round %d: %d accounts are left; the two got %v and %v", round, len(left), first, second)
				}
			}
		})
	}
}

// Sessions returns the application's session entity.
func TestSessionsWithTheApplicationsColumns(t *testing.T) {
	t.Parallel()
	type Session struct {
		gormadapter.Session
		Device string
	}
	a := open(t, gormadapter.WithSession[Session]())
	ctx := t.Context()
	must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
	must(t, a.CreateSession(ctx, &cardea.Session{
		Token: "t", UserID: "ada", Expires: expiry, Entity: &Session{Device: "phone"},
	}))
	list, err := a.Sessions(ctx, "ada")
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%d sessions, want 1", len(list))
	}
	if s, ok := list[0].Entity.(*Session); !ok || s.Device != "phone" {
		t.Errorf("got %+v", list[0].Entity)
	}
}

// LockUser does not find a user who is deleted softly.
func TestSoftlyDeletedUserIsNotLocked(t *testing.T) {
	t.Parallel()
	type User struct {
		gormadapter.User
		DeletedAt gorm.DeletedAt
	}
	a := open(t, gormadapter.WithUser[User]())
	ctx := t.Context()
	must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
	must(t, a.LockUser(ctx, "ada"))
	must(t, a.DeleteUser(ctx, "ada"))
	if err := a.LockUser(ctx, "ada"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
