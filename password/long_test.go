package password_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// countedHash is a hash of another system that counts how often it is computed.
type countedHash struct{ computed atomic.Int32 }

const countedText = "$counted$"

func (h *countedHash) Parse(hash string) (*passwordhash.Check, error) {
	if hash != countedText {
		return nil, nil
	}
	return &passwordhash.Check{Matches: func(string) bool {
		h.computed.Add(1)
		return false
	}}, nil
}

// Class 8: GO-2026-4731: a password of more than 4096 bytes is never hashed, at whatever form, and
// one of a megabyte is not even read.
func TestEndlessPasswordIsNotHashed(t *testing.T) {
	t.Parallel()
	counted := &countedHash{}
	s := newSite(t, func(_ *cardea.Config, o *password.Options) {
		o.Hashing.Import = []passwordhash.Verifier{counted}
	})
	u := s.user(t, ann, first)
	if err := s.passwords.SetHash(t.Context(), u.ID, countedText); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	s.enter(t, b, u.ID)
	try := func(typed string) {
		t.Helper()
		for path, form := range map[string]url.Values{
			"/callback/password": {"email": {ann}, "password": {typed}},
			"/password/change":   {"current": {typed}, "password": {second}},
		} {
			res := b.Post(path, form)
			if tooLarge := len(typed) >= 1<<20; tooLarge != (res.StatusCode >= 400 && res.StatusCode < 500) {
				t.Errorf("%s with %d bytes: %s", path, len(typed), res.Status)
			}
		}
	}
	try(strings.Repeat("x", 4097))
	try(strings.Repeat("x", 1<<20))
	if n := counted.computed.Load(); n != 0 {
		t.Errorf("%d hashes were computed", n)
	}
	try(strings.Repeat("x", 4096))
	if n := counted.computed.Load(); n != 2 {
		t.Errorf("a password of 4096 bytes: %d hashes were computed, want 2", n)
	}
}
