package gormadapter_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// resetFeature has tokens of the kind reset, and an endpoint that ends the visitor's other
// sessions.
type resetFeature struct {
	*cardea.Host
	auth  *cardea.Auth
	store *gormadapter.Adapter
}

func (f *resetFeature) FeatureID() string { return "reset" }

func (f *resetFeature) Install(h *cardea.Host) error {
	f.Host = h
	h.Tokens("reset", "verify")
	h.Handle(feature.Rule{
		Method: http.MethodPost, Path: "reset/end", Sender: feature.SenderOwnPage, Visitor: feature.VisitorSignedIn,
	}, func(_ http.ResponseWriter, r *http.Request) error {
		if err := h.EndSessions(r.Context(), cardea.SessionFrom(r.Context()).UserID, nil); err != nil {
			return err
		}
		return h.JSON(r.Context(), http.StatusOK, nil)
	})
	return nil
}

// newResetFeature returns the feature of a process.
func newResetFeature(t *testing.T, store *gormadapter.Adapter, providers ...cardea.Provider) *resetFeature {
	t.Helper()
	f := &resetFeature{store: store}
	var err error
	f.auth, err = cardea.New(cardea.Config{
		Secret: "a secret of at least 32 bytes, only for tests", Adapter: store, Providers: providers,
		Logger: slog.New(slog.DiscardHandler), Features: []cardea.Feature{f},
	})
	must(t, err)
	return f
}

// On every database, of many requests in two processes one uses a token, while others read it, and
// its writes are kept; if they fail, the token is there still. Tokens of all kinds end together.
func TestProcessesUseATokenOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			both := []*resetFeature{newResetFeature(t, openOn(t, o)), newResetFeature(t, openOn(t, o))}
			ctx := t.Context()
			must(t, both[0].store.CreateUser(ctx, &cardea.User{ID: "ada", Email: "ada@example.com"}))
			values := oauth.Claims{"old": "ada@example.com"}
			for range 3 {
				token, err := both[0].NewToken(ctx, "reset", "ada", time.Hour, values)
				must(t, err)
				rest, err := both[0].NewToken(ctx, "verify", "ada", time.Hour, nil)
				must(t, err)
				undone := errors.New("undone")
				if err := both[1].use(ctx, token, undone); !errors.Is(err, undone) {
					t.Fatalf("the transaction that fails: %v", err)
				}
				var used atomic.Int32
				var all sync.WaitGroup
				for i := range 24 {
					f := both[i%2]
					all.Go(func() {
						switch err := f.use(ctx, token, nil); {
						case err == nil:
							used.Add(1)
						case !errors.Is(err, cardea.ErrNotFound):
							t.Error(err)
						}
					})
					if i%4 == 0 {
						all.Go(func() {
							user, got, err := f.Token(ctx, "reset", token)
							if err == nil && (user != "ada" || got.String("old") != "ada@example.com") ||
								err != nil && !errors.Is(err, cardea.ErrNotFound) {
								t.Errorf("read: %q, %v, %v", user, got, err)
							}
						})
					}
				}
				all.Wait()
				if n := used.Load(); n != 1 {
					t.Errorf("used %d times", n)
				}
				u, err := both[0].store.UserByID(ctx, "ada")
				must(t, err)
				if u.Name != "changed" {
					t.Errorf("the name is %q", u.Name)
				}
				must(t, both[1].EndSessions(ctx, "ada", nil))
				if _, _, err := both[0].UseToken(ctx, "verify", rest); !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("a token that has ended: %v", err)
				}
			}
		})
	}
}

// use uses a token together with a change of the user.
func (f *resetFeature) use(ctx context.Context, token string, failure error) error {
	return f.Transact(ctx, func(ctx context.Context) error {
		id, _, err := f.UseToken(ctx, "reset", token)
		if err != nil {
			return err
		}
		u, err := f.store.UserByID(ctx, id)
		if err != nil {
			return err
		}
		u.Name = "changed"
		if err := f.store.UpdateUser(ctx, u); err != nil {
			return err
		}
		return failure
	})
}

// On every database, the visitor's session goes on with a new key and with the application's
// columns, and all others end. If two processes do it at once, the session of one is left.
func TestProcessesEndSessionsAndKeepTheOwn(t *testing.T) {
	t.Parallel()
	type Session struct {
		gormadapter.Session
		Device string `gorm:"size:64"`
	}
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			idp := cardeatest.NewIssuer(t)
			client := provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}
			var servers []*httptest.Server
			var f *resetFeature
			for range 2 {
				store := openOn(t, o, gormadapter.WithSession[Session]())
				f = newResetFeature(t, store, provider.OIDC("idp", "IdP", client))
				mux := http.NewServeMux()
				mux.Handle("/api/auth/", f.auth)
				server := httptest.NewServer(mux)
				t.Cleanup(server.Close)
				servers = append(servers, server)
			}
			own := cardeatest.SignIn(t, servers[0].URL, "idp", "")
			elsewhere := cardeatest.SignIn(t, servers[1].URL, "idp", "")
			u, err := f.store.UserByAccount(t.Context(), "idp", "1001")
			must(t, err)
			res := own.Post("/reset/end", nil)
			if res.StatusCode != http.StatusOK || !isSignedIn(t, own) || isSignedIn(t, elsewhere) {
				t.Errorf("%s: own session %t, the other %t", res.Status, isSignedIn(t, own), isSignedIn(t, elsewhere))
			}
			all, err := f.auth.Sessions(t.Context(), u.ID)
			must(t, err)
			if len(all) != 1 || len(all[0].Methods) != 1 || all[0].UserAgent == "" || all[0].AuthTime.IsZero() {
				t.Fatalf("%d sessions are left: %+v", len(all), all)
			}

			elsewhere = cardeatest.SignIn(t, servers[1].URL, "idp", "")
			var both sync.WaitGroup
			for _, b := range []*cardeatest.Browser{own, elsewhere} {
				both.Go(func() {
					if status := b.Post("/reset/end", nil).StatusCode; status >= http.StatusInternalServerError {
						t.Errorf("status %d", status)
					}
				})
			}
			both.Wait()
			all, err = f.auth.Sessions(t.Context(), u.ID)
			must(t, err)
			if len(all) != 1 || isSignedIn(t, own) == isSignedIn(t, elsewhere) {
				t.Errorf("%d sessions are left", len(all))
			}
		})
	}
}

// isSignedIn reports whether a browser has a session that counts.
func isSignedIn(t *testing.T, b *cardeatest.Browser) bool {
	t.Helper()
	_, body := get(t, b, b.BasePath+"/session")
	return body != "null"
}
