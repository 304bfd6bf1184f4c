package account_test

import (
	"context"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// endingStore ends all sessions of a user just after a request has read its session.
type endingStore struct {
	*memadapter.Adapter
	mu   sync.Mutex
	ends bool
}

func (s *endingStore) set(ends bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = ends
}

func (s *endingStore) Session(ctx context.Context, token string) (*cardea.Session, error) {
	found, err := s.Adapter.Session(ctx, token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.ends {
		_, err = s.Adapter.DeleteSessions(ctx, found.UserID, "")
	}
	return found, err
}

// stored is what the store has of a user, in one text.
func (s *endingStore) stored(t *testing.T, userID string) string {
	t.Helper()
	u, err := s.UserByID(t.Context(), userID)
	if err != nil {
		return err.Error()
	}
	accounts, _ := s.Accounts(t.Context(), userID)
	hash, changed, _ := s.PasswordHash(t.Context(), userID)
	factors, _ := s.Factors(t.Context(), userID)
	codes, _ := s.CountRecoveryCodes(t.Context(), userID)
	tokens, _ := s.VerificationTokensBefore(t.Context(), "", time.Now().AddDate(100, 0, 0))
	text, err := json.Marshal([]any{u, accounts, hash, changed, factors, codes, tokens})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	formPattern  = regexp.MustCompile(`(?s)<form[^>]* action="/api/auth(/[^"]+)".*?</form>`)
	inputPattern = regexp.MustCompile(`<input[^>]* name="([^"]+)"(?:[^>]* value="([^"]*)")?`)
)

// No form of the account page changes anything if the session has ended since the request began: a
// device that was signed out does nothing more.
func TestNoFormOfASessionThatHasEnded(t *testing.T) {
	t.Parallel()
	const typed = "correct horse battery staple"
	store, mails := &endingStore{}, &cardeatest.Mailbox{}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: mails}
	cheap := passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}}
	passwords := password.New(password.Options{
		From: o.From, Sender: mails, Hashing: cheap,
	})
	newEnding := func(o account.Options) *site {
		return newSite(t, o, func(c *cardea.Config) {
			if store.Adapter == nil {
				store.Adapter = c.Adapter.(*memadapter.Adapter)
			}
			c.Adapter = store
			c.Providers = append(c.Providers, passwords)
			c.Features = append(c.Features, factor.New(factor.Options{From: o.From, Sender: mails}))
		})
	}
	atOnce := newEnding(o)
	o.DeleteAfter = time.Hour
	passwords = password.New(password.Options{
		From: o.From, Sender: mails, Hashing: cheap,
	})
	later := newEnding(o)

	u := &cardea.User{Email: annsOld, EmailVerified: time.Now()}
	if err := store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"one", "two"} {
		a := &cardea.Account{UserID: u.ID, Type: "oidc", Provider: "idp", ProviderAccountID: id}
		f := &factor.Factor{ID: id, UserID: u.ID, Kind: "totp", Name: id, Secret: "sealed", CreatedAt: time.Now()}
		if err := store.LinkAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if err := store.CreateFactor(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := passwords.Set(t.Context(), u.ID, typed); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	try := func(s *site) {
		for _, form := range formPattern.FindAllStringSubmatch(show(t, s.enter(t, u.ID, "otp")), -1) {
			path, values := form[1], url.Values{}
			for _, input := range inputPattern.FindAllStringSubmatch(form[0], -1) {
				values.Set(input[1], html.UnescapeString(input[2]))
			}
			for name, value := range map[string]string{
				"email": annsNew, "confirm": annsOld, "current": typed, "password": "another " + typed,
			} {
				if _, ok := values[name]; ok {
					values.Set(name, value)
				}
			}
			b, before := s.enter(t, u.ID, "otp"), store.stored(t, u.ID)
			values.Del("csrfToken")
			b.CSRFToken()
			store.set(true)
			posted(b, path, values)
			store.set(false)
			if after := store.stored(t, u.ID); after != before {
				t.Errorf("%s has changed %s into %s", path, before, after)
			}
			seen[path] = true
		}
	}
	try(atOnce)
	posted(later.enter(t, u.ID, "otp"), "/account/delete", url.Values{"confirm": {annsOld}})
	try(later)
	for _, path := range []string{
		"/account/address", "/account/unlink", "/account/end-session", "/account/end-other-sessions",
		"/account/delete", "/account/keep", "/password/change", "/password/remove", "/factor/remove",
		"/factor/recovery-codes",
	} {
		if !seen[path] {
			t.Errorf("the pages have no form for %s: %v", path, seen)
		}
	}
}
