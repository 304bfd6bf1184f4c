package account_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// heldSender is a mail server that keeps the mails to some domains waiting.
type heldSender struct {
	cardeatest.Mailbox
	held map[string]*held // by domain
}

type held struct{ arrived, release chan struct{} }

func (s *heldSender) Send(ctx context.Context, m email.Message) error {
	if h := s.held[m.To[strings.Index(m.To, "@")+1:]]; h != nil {
		h.arrived <- struct{}{}
		<-h.release
	}
	return s.Mailbox.Send(ctx, m)
}

// The mails about a change may wait. If the owner undoes an earlier change meanwhile, the stranger,
// who has asked, gets no link.
func TestNoLinkForAnAddressOfBefore(t *testing.T) {
	t.Parallel()
	const atOnce = 8 // mails that a process sends at a time
	sender := &heldSender{held: map[string]*held{}}
	for _, domain := range []string{"first.example", "last.example"} {
		sender.held[domain] = &held{make(chan struct{}, 2*atOnce), make(chan struct{})}
	}
	mails := &sender.Mailbox
	s := newSite(t, account.Options{From: "Example <no-reply@example.com>", Sender: sender}, func(c *cardea.Config) {
		c.Providers[0].(*oauth.Provider).LinkByVerifiedEmail = true
		c.Limits.MailClient = ratelimit.Rate{Count: 100, Within: time.Hour}
	})
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	owners := mailTo(t, mails, annsOld, "was changed", 1)
	mailTo(t, mails, "evil@example.com", "was changed", 1)

	// occupy makes all senders wait with mails to a domain.
	occupy := func(domain string) {
		for i := range atOnce {
			u := &cardea.User{Email: fmt.Sprintf("user%d@%s", i, domain), EmailVerified: time.Now()}
			if err := s.store.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			posted(s.enter(t, u.ID), "/account/address", url.Values{"email": {fmt.Sprintf("new%d@%s", i, domain)}})
		}
	}
	arrive := func(domain string) {
		for range atOnce {
			select {
			case <-sender.held[domain].arrived:
			case <-time.After(time.Minute):
				t.Fatalf("a mail to %s does not leave", domain)
			}
		}
	}
	occupy("first.example")
	arrive("first.example")
	if at := posted(stranger, "/account/address", url.Values{"email": {"evil2@example.com"}}); at !=
		"/api/auth/verify-request?success=address_mailed" {
		t.Fatalf("asked: ended at %s", at)
	}
	wants(t, undone(t, s, owners), "yours again")
	occupy("last.example")
	close(sender.held["first.example"].release)
	arrive("last.example") // these were asked for later, so the stranger's request is done
	for _, m := range mails.All() {
		if m.To == "evil2@example.com" || m.To == "evil@example.com" && strings.Contains(m.Subject, "Request to") {
			t.Errorf("the mail %q to %s", m.Subject, m.To)
		}
	}
	links, err := s.store.VerificationTokensBefore(t.Context(), "address-change:"+id, time.Now().AddDate(1, 0, 0))
	if err != nil || len(links) != 0 {
		t.Errorf("%d links to change the address of %s, %v", len(links), addressOf(t, s, id), err)
	}
	close(sender.held["last.example"].release)
}
