package account_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
)

// markIn returns the input that binds the form of a page to the link of a mail.
func markIn(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`name="link" value="([A-Za-z0-9_-]{22})"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page is bound to no link:\n%s", page)
	}
	return found[1]
}

// The owner reads a page about the old address. A link of a stranger that another site opens behind
// the page must not give the account to the stranger's address when the owner presses the button.
func TestUndoCountsForTheLinkOfItsPage(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	owners := mailTo(t, mails, annsOld, "was changed", 1)
	ask(t, stranger, mails, "evil2@example.com")
	strangers := mailTo(t, mails, "evil@example.com", "Request to change", 1)

	o := cardeatest.NewBrowser(t, s.URL)
	_, page := follow(t, o, owners)
	wants(t, page, annsOld)
	follow(t, o, strangers) // a pop-up
	for name, mark := range map[string]string{"another link": markIn(t, page), "no link": ""} {
		if at := posted(o, undoPath, url.Values{"link": {mark}}); !strings.Contains(at, "Verification") {
			t.Errorf("the form of %s ended at %s", name, at)
		}
	}
	if stranger.Session() == nil {
		t.Error("a form that was refused has ended a session")
	}
	follow(t, o, owners)
	o.Post(undoPath, url.Values{"link": {markIn(t, page)}})
	if got := addressOf(t, s, id); got != annsOld || stranger.Session() != nil {
		t.Errorf("after the form of the owner's link, the address is %s", got)
	}
}

// The same holds for the link to a new address: the page says which one it will be.
func TestNewAddressCountsForTheLinkOfItsPage(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	b := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	link := ask(t, b, mails, annsNew)
	_, page := follow(t, b, link)
	wants(t, page, annsNew)
	for _, mark := range []string{"", strings.Repeat("A", 22)} {
		if at := posted(b, confirmPath, url.Values{"link": {mark}}); !strings.Contains(at, "Verification") {
			t.Errorf("the mark %q: ended at %s", mark, at)
		}
	}
	if got := addressOf(t, s, id); got != annsOld {
		t.Errorf("the address is %s", got)
	}
	if posted(b, confirmPath, url.Values{"link": {markIn(t, page)}}); addressOf(t, s, id) != annsNew {
		t.Error("the form of the page does not count")
	}
}
