package gormadapter_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// statementList keeps the statements of a log.
type statementList struct {
	slog.Handler
	mu   *sync.Mutex
	list *[]string
}

func (statementList) Enabled(context.Context, slog.Level) bool { return true }

func (l statementList) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "sql statement" {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" {
			l.mu.Lock()
			defer l.mu.Unlock()
			*l.list = append(*l.list, a.Value.String())
		}
		return true
	})
	return nil
}

// A wrong code costs three statements: whether the sign-in still waits, the limit, and the factors.
// A right one is used and given back to the limit, and the sign-in follows. More of them would be
// more work for each guess.
func TestStatementsOfASecondFactor(t *testing.T) {
	t.Parallel()
	o := sqliteFile(t)
	var mu sync.Mutex
	var list []string
	o.Debug, o.Logger = true, slog.New(statementList{slog.DiscardHandler, &mu, &list})
	s := factorSite{user: &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()}}
	s.start(t, o)
	secret, _ := s.enrol(t)
	for _, tc := range []struct {
		code string
		want int
	}{
		{"000000", 3},
		{codeAt(secret, time.Now().Add(30*time.Second)), 11}, // that of now has confirmed the app
	} {
		b := s.waits(t, 0)
		b.CSRFToken()
		mu.Lock()
		list = nil
		mu.Unlock()
		must(t, b.Post("/factor/challenge", url.Values{"code": {tc.code}}).Body.Close())
		mu.Lock()
		if len(list) > tc.want || len(list) < 3 {
			t.Errorf("code %s: %d statements, want at most %d:\n%s", tc.code, len(list), tc.want,
				strings.Join(list, "\n"))
		}
		mu.Unlock()
	}
}
