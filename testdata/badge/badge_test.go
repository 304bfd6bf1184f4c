package badge_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/badge"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// store is a store in memory that keeps badges too.
type store struct {
	*memadapter.Adapter
	mu     sync.Mutex
	badges map[string]string // users by badge
}

func (s *store) CreateBadge(_ context.Context, userID, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.badges[id] = userID
	return nil
}

func (s *store) UseBadge(_ context.Context, userID, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.badges[id] != userID {
		return cardea.ErrNotFound
	}
	delete(s.badges, id)
	return nil
}

func (s *store) DeleteBadges(_ context.Context, userID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, owner := range s.badges {
		if owner == userID {
			delete(s.badges, id)
		}
	}
	return nil
}

func TestBadge(t *testing.T) {
	issuer := cardeatest.NewIssuer(t)
	rows := &store{Adapter: memadapter.New(), badges: map[string]string{}}
	config := cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: rows, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL})},
		Features: []cardea.Feature{badge.New([]byte(strings.Repeat("k", 32)))},
	}
	auth, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(auth)
	t.Cleanup(site.Close)

	ann := cardeatest.SignIn(t, site.URL, "idp", "")
	if page := get(t, ann, "/account"); !strings.Contains(page, "A badge signs you in at a terminal.") {
		t.Errorf("the account page:\n%s", page)
	}
	issue := func() string {
		found := regexp.MustCompile(`<p class="lead">([\w-]+)</p>`).FindStringSubmatch(body(t,
			ann.Post("/badge/issue", nil)))
		if found == nil {
			t.Fatal("no badge on the page")
		}
		return found[1]
	}
	signIn := func(code string) bool {
		terminal := cardeatest.NewBrowser(t, site.URL)
		body(t, terminal.Post("/callback/badge", url.Values{"badge": {code}}))
		return terminal.Session() != nil
	}
	code := issue()
	if signIn(code[:len(code)-1]+"A") || signIn("") || signIn("x") {
		t.Error("a forged badge signs in")
	}
	if !signIn(code) {
		t.Error("the badge does not sign in")
	}
	if signIn(code) {
		t.Error("the badge signs in twice")
	}
	nobody := cardeatest.NewBrowser(t, site.URL)
	if res := nobody.Post("/badge/issue", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody gets a badge: %s", res.Status)
	}
	issue()
	u, err := rows.UserByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.DeleteUser(t.Context(), u.ID); err != nil || len(rows.badges) > 0 {
		t.Errorf("%v; %d badges are left of a deleted user", err, len(rows.badges))
	}

	config.Adapter = memadapter.New()
	if _, err := cardea.New(config); err == nil || !strings.Contains(err.Error(),
		"needs an Adapter that is a badge.Store") {
		t.Errorf("without a store for badges: %v", err)
	}
}

func get(t *testing.T, b *cardeatest.Browser, path string) string {
	t.Helper()
	res, err := b.Get(b.Site + b.BasePath + path)
	if err != nil {
		t.Fatal(err)
	}
	return body(t, res)
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
