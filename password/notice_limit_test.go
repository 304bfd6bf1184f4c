package password_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// Nobody has proven the address of this user, so it may be somebody else's. Notices to it count as
// if it were typed, and the change is made also without one.
func TestNoticesToAnAddressThatNobodyHasProven(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := &cardea.User{Name: "Ann", Email: "ann@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	s.enter(t, b, u.ID)
	post(t, b, "/password/set", url.Values{"password": {"a long sentence of mine, 0"}})
	for _, digit := range "12345678" {
		old, text := "a long sentence of mine, "+string(digit-1), "a long sentence of mine, "+string(digit)
		to := post(t, b, "/password/change", url.Values{"current": {old}, "password": {text}})
		if !strings.Contains(to, "success=password_changed") {
			t.Fatalf("change %c: ended at %s", digit, to)
		}
	}
	s.user(t, "ben@example.com", "another long sentence")
	ben := s.browser(t)
	signIn(t, ben, "ben@example.com", "another long sentence")
	form := url.Values{"current": {"another long sentence"}, "password": {"a third long sentence"}}
	post(t, ben, "/password/change", form)
	s.mail(t, "ben@example.com", "") // mails leave in the order in which they were asked for
	n := 0
	for _, m := range s.mails.All() {
		if m.To == u.Email && strings.HasSuffix(m.Subject, " was changed") {
			n++
		}
	}
	if n < 1 || n > 5 {
		t.Errorf("%d mails about another password, want 1 to 5, as Limits.Mail says", n)
	}
}
