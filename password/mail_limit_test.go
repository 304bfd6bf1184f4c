package password_test

import (
	"net/url"
	"strings"
	"testing"
)

// Whoever knows an address can make the site send mails to it, as many as the limit allows. None of
// these mails may take the one from the owner with which the owner gets in again.
func TestNobodyUsesUpTheMailForANewPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	stranger := s.browser(t)
	for range 10 {
		post(t, stranger, "/password/signup", url.Values{"email": {ann}})
	}
	at := post(t, s.browser(t), "/password/forgot", url.Values{"email": {ann}})
	if !strings.HasPrefix(at, sentPage) {
		t.Fatalf("the owner ended at %s", at)
	}
	s.mail(t, ann, "A new password")
}
