package gormadapter_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/credentials"
)

// On every database, 200 wrong passwords from 200 clients at once, at two processes with a pool
// each: exactly as many are verified as the limit says, by the name and the address together.
func TestProcessesCountGuessesTogether(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			var verified atomic.Int32
			var processes []*cardea.Auth
			for range 2 {
				store := openOn(t, o)
				auth, err := cardea.New(cardea.Config{
					Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
					Providers: []cardea.Provider{credentials.New(credentials.Options{
						Fields: []cardea.Field{{Name: "name"}, {Name: "password", Type: "password"}},
						Password: &credentials.Password{
							Find: func(ctx context.Context, in credentials.Input) (*cardea.User, string, error) {
								name, _, _ := strings.Cut(in.Get("name"), "@")
								u, err := store.UserByEmail(ctx, name+"@example.com")
								return u, "right", err
							},
							Verify: func(hash, password string) (bool, error) {
								verified.Add(1)
								return hash == password, nil
							},
							Decoy: "nobody's",
						},
					})},
				})
				must(t, err)
				processes = append(processes, auth)
				if len(processes) == 1 {
					must(t, store.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com"}))
				}
			}
			// The CSRF cookie of one process is good at the other.
			w := httptest.NewRecorder()
			processes[0].ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil))
			_, token, _ := strings.Cut(w.Body.String(), `"csrfToken":"`)
			token, _, _ = strings.Cut(token, `"`)
			cookies := w.Result().Cookies()
			var others atomic.Int32
			var all sync.WaitGroup
			try := func(i int) {
				form := url.Values{
					"csrfToken": {token}, "password": {"wrong"},
					"name": {[]string{"ann", "ann@example.com"}[i/2%2]},
				}
				r := httptest.NewRequest(http.MethodPost, "http://localhost/api/auth/callback/credentials",
					strings.NewReader(form.Encode()))
				r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, c := range cookies {
					r.AddCookie(c)
				}
				answer := httptest.NewRecorder()
				processes[i%2].ServeHTTP(answer, r)
				if answer.Code != http.StatusSeeOther && answer.Code != http.StatusTooManyRequests {
					others.Add(1)
				}
			}
			for i := range 200 {
				all.Go(func() { try(i) })
			}
			all.Wait()
			// A request that reaches the store late has an older time, and may be refused a moment
			// longer than it should. One more has the latest time.
			try(200)
			if n, m := verified.Load(), others.Load(); n != 10 || m != 0 {
				t.Errorf("%d passwords were verified, want 10; %d other answers", n, m)
			}
		})
	}
}
