package gormadapter_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// 50 browsers sign in one new person at the same time, on a database file. Then there are one user,
// one account and 50 sessions, and there was no error page.
func TestFirstSignInsOfOnePersonAtOnce(t *testing.T) {
	t.Parallel()
	a := open(t)
	idp := cardeatest.NewIssuer(t)
	auth, err := cardea.New(cardea.Config{
		Secret: "a secret of at least 32 bytes, only for tests", Adapter: a, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	const visitors = 50
	var group sync.WaitGroup
	for range visitors {
		b := cardeatest.NewBrowser(t, server.URL)
		group.Go(func() { b.SignIn("idp", "") })
	}
	group.Wait()
	for table, want := range map[any]int64{
		&gormadapter.User{}: 1, &gormadapter.Account{}: 1, &gormadapter.Session{}: visitors,
	} {
		var got int64
		if err := a.DB().Model(table).Count(&got).Error; err != nil || got != want {
			t.Errorf("%T: %d rows, %v; want %d", table, got, err, want)
		}
	}
}
