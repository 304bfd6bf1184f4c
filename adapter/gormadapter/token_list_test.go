package gormadapter_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
)

// The prefix is compared byte by byte, and means itself.
func TestVerificationTokensBefore(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			store := openOn(t, e.empty(t))
			now := time.Now()
			for i, identifier := range []string{
				"a_%:2", "a_%:1", "A_%:1", "ab%:1", "a_x:1", "x a_%:1", "a_%:", "a_%", "á_%:1",
			} {
				must(t, store.CreateVerificationToken(t.Context(), &cardea.VerificationToken{
					Identifier: identifier, Token: fmt.Sprint("t", i),
					Expires: now.Add(-time.Duration(i) * time.Minute),
				}))
			}
			for before, want := range map[time.Time]string{
				now.Add(time.Second): "a_%: a_%:1 a_%:2", now.Add(-30 * time.Second): "a_%: a_%:1",
				now.Add(-time.Hour): "",
			} {
				list, err := store.VerificationTokensBefore(t.Context(), "a_%:", before)
				must(t, err)
				var got []string
				for _, row := range list {
					got = append(got, row.Identifier)
					if row.Token == "" || row.Expires.IsZero() || row.Expires.Location() != time.UTC {
						t.Errorf("incomplete: %v", row)
					}
				}
				if strings.Join(got, " ") != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}

// On every database, two processes: each deletion that is due is made once, and one that is taken
// back at the same time is made or taken back, and nothing in between.
func TestProcessesPurgeDeletedAccountsTogether(t *testing.T) {
	t.Parallel()
	const rounds, wait = 50, time.Hour // a client may ask 60 times an hour
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			var auths []*cardea.Auth
			var pages []*account.Feature
			var store *gormadapter.Adapter
			for range 2 {
				store = openOn(t, o)
				page := account.New(account.Options{DeleteAfter: wait})
				auth, err := cardea.New(cardea.Config{
					Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
					Features: []cardea.Feature{page},
				})
				must(t, err)
				auths, pages = append(auths, auth), append(pages, page)
			}
			mux := http.NewServeMux()
			mux.Handle("/api/auth/", auths[0])
			mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
				if _, err := auths[0].SignIn(w, r, cardea.Proof{UserID: r.FormValue("user")}); err != nil {
					t.Error(err)
				}
			})
			site := httptest.NewServer(mux)
			t.Cleanup(site.Close)
			waiting := func() ([]*cardea.VerificationToken, error) {
				return store.VerificationTokensBefore(t.Context(), "account-deletion:", time.Now().AddDate(99, 0, 0))
			}
			deleted, kept := 0, 0
			for i := range rounds {
				u := &cardea.User{Email: fmt.Sprintf("ann%d@example.com", i)}
				must(t, store.CreateUser(t.Context(), u))
				b := cardeatest.NewBrowser(t, site.URL)
				res, err := b.Get(site.URL + "/enter?user=" + url.QueryEscape(u.ID))
				must(t, err)
				must(t, res.Body.Close())
				b.Post("/account/delete", url.Values{"confirm": {u.Email}}).Body.Close()
				rows, err := waiting()
				must(t, err)
				if len(rows) != 1 {
					t.Fatalf("round %d: %d deletions wait", i, len(rows))
				}
				_, err = store.ConsumeVerificationToken(t.Context(), rows[0].Identifier, rows[0].Token)
				must(t, err)
				rows[0].Expires = rows[0].Expires.Add(-2 * wait)
				must(t, store.CreateVerificationToken(t.Context(), rows[0]))
				b.CSRFToken()
				var wg sync.WaitGroup
				n := [2]int{}
				for p, page := range pages {
					wg.Go(func() {
						var err error
						if n[p], err = page.PurgeDeleted(t.Context()); err != nil {
							t.Errorf("round %d: %v", i, err)
						}
					})
				}
				if i%2 == 0 {
					wg.Go(func() { b.Post("/account/keep", nil).Body.Close() })
				}
				wg.Wait()
				_, err = store.UserByID(t.Context(), u.ID)
				rows, failure := waiting()
				must(t, failure)
				if made := n[0] + n[1]; made > 1 || (err != nil) != (made == 1) || len(rows) != 0 ||
					i%2 == 1 && made != 1 {
					t.Fatalf("round %d: made %d times, user: %v, %d deletions wait", i, made, err, len(rows))
				}
				if deleted += n[0] + n[1]; err == nil {
					kept++
				}
			}
			t.Logf("%d deleted, %d taken back", deleted, kept)
		})
	}
}
