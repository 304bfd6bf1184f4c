package factor_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// Nobody has proven the address of this user, so it may be somebody else's. Notices to it count as
// if it were typed.
func TestNoticesToAnAddressThatNobodyHasProven(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := &cardea.User{Name: "Ann", Email: "ann@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	v := s.enter(t, u, "fed")
	v.enrol()
	for range 8 {
		if p := v.post("/factor/recovery-codes"); len(recoveryCodesOf(p)) != 8 {
			t.Fatalf("no new codes: ended at %s: %s", p.at, p.body)
		}
	}
	ben := s.enter(t, s.user(t, "ben@example.com"), "fed")
	ben.enrol()
	s.mailTo(t, "ben@example.com", "") // mails leave in the order in which they were asked for
	n := 0
	for _, m := range s.mails.All() {
		if m.To == u.Email && strings.Contains(m.Subject, "New recovery codes") {
			n++
		}
	}
	if n < 1 || n > 5 {
		t.Errorf("%d mails about recovery codes, want 1 to 5, as Limits.Mail says", n)
	}
	if log := s.log.String(); !strings.Contains(log, "cardea: mail not sent") {
		t.Errorf("the log: %s", log)
	}
}
