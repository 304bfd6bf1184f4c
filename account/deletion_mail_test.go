package account_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/memadapter"
)

// failingSender is a mail server that can be down.
type failingSender struct {
	cardeatest.Mailbox
	isDown atomic.Bool
}

func (s *failingSender) Send(ctx context.Context, m email.Message) error {
	if s.isDown.Load() {
		return errors.New("550 no such mailbox: " + m.To)
	}
	return s.Mailbox.Send(ctx, m)
}

// newFailingSite is a site on which a deletion can be taken back, with a mail server that can be
// down.
func newFailingSite(t *testing.T) (*laterSite, *failingSender) {
	t.Helper()
	sender := &failingSender{}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: sender, DeleteAfter: grace}
	s := &laterSite{mails: &sender.Mailbox, page: account.New(o)}
	s.site = newSite(t, o, func(c *cardea.Config) { c.Features = []cardea.Feature{s.page} })
	return s, sender
}

// No deletion waits of which the user does not hear. Nothing else happens either.
func TestDeletionWaitsOnlyAfterItsMail(t *testing.T) {
	t.Parallel()
	s, sender := newFailingSite(t)
	ann, phone := s.signIn(t, firefox, "idp-1"), s.signIn(t, safari, "idp-1")
	sender.isDown.Store(true)
	res := ann.Post("/account/delete", url.Values{"confirm": {"ann@example.com"}})
	wants(t, body(t, res), "could not be sent", "after 30 days", "Type ann@example.com to confirm")
	if n := len(s.waiting(t)); n != 0 || phone.Session() == nil {
		t.Errorf("%d deletions wait, signed in elsewhere: %t", n, phone.Session() != nil)
	}
	sender.isDown.Store(false)
	askFor(t, ann)
	due := s.waiting(t)[0].Expires

	// Asked for again, the mail is sent again, and nothing else changes, whether it can be sent or
	// not.
	sender.isDown.Store(true)
	res = ann.Post("/account/delete", url.Values{"confirm": {"ann@example.com"}})
	wants(t, body(t, res), "could not be sent", "Keep the account", "Send the email about it again")
	sender.isDown.Store(false)
	askFor(t, ann)
	mailTo(t, s.mails, "ann@example.com", "will be deleted", 2)
	if list := s.waiting(t); len(list) != 1 || !list[0].Expires.Equal(due) {
		t.Errorf("asked for again: %v, want one that is due at %v", list, due)
	}
}

// The mail is sent again a few times an hour.
func TestDeletionMailsAreLimited(t *testing.T) {
	t.Parallel()
	s, _ := newFailingSite(t)
	ann := s.signIn(t, firefox, "idp-1")
	for range 5 {
		askFor(t, ann)
	}
	res := ann.Post("/account/delete", url.Values{"confirm": {"ann@example.com"}})
	if res.Body.Close(); res.StatusCode != 429 {
		t.Errorf("asked 6 times: %s", res.Status)
	}
	mailTo(t, s.mails, "ann@example.com", "will be deleted", 5)
	if n := len(s.mails.All()); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
}

// Who is deleted hears of it, at the address from before, whether the deletion has waited or not.
// A mail that cannot be sent keeps nobody.
func TestDeletedUserHearsOfIt(t *testing.T) {
	t.Parallel()
	s, sender := newFailingSite(t)
	askFor(t, s.signIn(t, firefox, "idp-1"))
	ben := s.signIn(t, firefox, "idp-2")
	posted(ben, "/account/delete", url.Values{"confirm": {"ben@example.com"}})
	s.age(t, grace)
	s.purge(t, 2)
	for _, address := range []string{"ann@example.com", "ben@example.com"} {
		if link := mailTo(t, s.mails, address, "Your account at example.com was deleted", 1); link != "" {
			t.Errorf("a link to nowhere: %s", link)
		}
	}
	askFor(t, s.signIn(t, firefox, "idp-1"))
	s.age(t, grace)
	sender.isDown.Store(true)
	s.purge(t, 1)

	mails := &cardeatest.Mailbox{}
	now := newSite(t, account.Options{From: "Example <no-reply@example.com>", Sender: mails})
	ann := now.signIn(t, firefox, "idp-1")
	at := posted(ann, "/account/delete", url.Values{"confirm": {"ann@example.com"}})
	if at != "/?success=account_deleted" {
		t.Fatalf("deleted: ended at %s", at)
	}
	mailTo(t, mails, "ann@example.com", "was deleted", 1)
}

// An administrator asks whether a deletion waits, lets one wait and takes it back.
func TestDeletionFromCode(t *testing.T) {
	t.Parallel()
	mails := &failingSender{}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: mails, DeleteAfter: grace}
	s := &laterSite{mails: &mails.Mailbox, page: account.New(o)}
	s.site = newSite(t, o, func(c *cardea.Config) {
		c.Features, c.BaseURL = []cardea.Feature{s.page}, "https://example.org"
		c.Languages.Offer = []string{"de", "en"}
	})
	u := &cardea.User{Email: "cy@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	want := func(waits bool) time.Time {
		t.Helper()
		due, err := s.page.Deletion(ctx, u.ID)
		if err != nil || due.IsZero() == waits || due.Location() != time.UTC {
			t.Errorf("Deletion: %v, %v, want that it waits: %t", due, err, waits)
		}
		return due
	}
	want(false)
	mails.isDown.Store(true)
	if due, err := s.page.StartDeletion(ctx, u.ID); err == nil || !due.IsZero() ||
		strings.Contains(err.Error(), u.Email) {
		t.Errorf("without its mail: %v, %v", due, err)
	}
	want(false)
	mails.isDown.Store(false)
	before := time.Now()
	due, err := s.page.StartDeletion(ctx, u.ID)
	if err != nil || due.Before(before.Add(grace)) || due.After(time.Now().Add(grace)) || due.Location() != time.UTC {
		t.Errorf("StartDeletion: %v, %v", due, err)
	}
	if got := want(true); !got.Equal(due.Truncate(time.Millisecond)) && !got.Equal(due) {
		t.Errorf("Deletion: %v, want %v", got, due)
	}
	if link := mailTo(t, s.mails, u.Email, "Ihr Konto bei example.org", 1); link !=
		"https://example.org/api/auth/account" {
		t.Errorf("the link of the mail: %s", link)
	}
	if again, err := s.page.StartDeletion(ctx, u.ID); err != nil || !again.Equal(want(true)) {
		t.Errorf("started twice: %v, %v", again, err)
	}
	for i, waited := range []bool{true, false} {
		if got, err := s.page.CancelDeletion(ctx, u.ID); got != waited || err != nil {
			t.Errorf("CancelDeletion %d: %t, %v", i, got, err)
		}
	}
	want(false)
	mailTo(t, s.mails, u.Email, "bleibt bestehen", 1)

	if due, err := s.page.Deletion(ctx, "nobody"); err != nil || !due.IsZero() {
		t.Errorf("Deletion of nobody: %v, %v", due, err)
	}
	if _, err := s.page.StartDeletion(ctx, "nobody"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("StartDeletion of nobody: %v", err)
	}
	if _, err := s.page.CancelDeletion(ctx, "nobody"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("CancelDeletion of nobody: %v", err)
	}
	without := account.New(account.Options{})
	if _, err := without.StartDeletion(ctx, u.ID); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("StartDeletion without DeleteAfter: %v", err)
	}
	due, err = without.Deletion(ctx, u.ID)
	waited, fault := without.CancelDeletion(ctx, u.ID)
	if !due.IsZero() || waited || err != nil || fault != nil {
		t.Errorf("without DeleteAfter: %v, %t, %v, %v", due, waited, err, fault)
	}
}

// Without a URL of the site, no mail with a link can be sent, and so no deletion waits.
func TestDeletionFromCodeNeedsTheURLOfTheSite(t *testing.T) {
	t.Parallel()
	s, _ := newFailingSite(t)
	s.signIn(t, firefox, "idp-1")
	id := userID(t, s.site, "ann@example.com")
	if _, err := s.page.StartDeletion(t.Context(), id); err == nil {
		t.Error("started without a mail")
	}
	if due, err := s.page.Deletion(t.Context(), id); err != nil || !due.IsZero() {
		t.Errorf("%v, %v", due, err)
	}
}

// New warns of a deletion that waits without anybody hearing of it.
func TestDeletionWithoutMailsIsWarnedOf(t *testing.T) {
	t.Parallel()
	for _, sender := range []email.Sender{nil, &cardeatest.Mailbox{}} {
		var log strings.Builder
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("secret", 8), Adapter: memadapter.New(),
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Features: []cardea.Feature{account.New(account.Options{
				DeleteAfter: grace, Sender: sender, From: "Example <no-reply@example.com>",
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "account.Options.DeleteAfter"); got != (sender == nil) {
			t.Errorf("with %v: %s", sender, log.String())
		}
	}
}

// The page says how long a deletion waits in the unit that fits, in every language.
func TestHowLongADeletionWaits(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]map[string]string{
		time.Minute:                 {"en": "after a minute.", "de": "nach einer Minute ", "ja": "1 分後"},
		90 * time.Second:            {"en": "after 2 minutes.", "fr": "dans 2 minutes."},
		time.Hour:                   {"en": "after an hour.", "es": "dentro de una hora."},
		90 * time.Minute:            {"en": "after 90 minutes."},
		150 * time.Minute:           {"en": "after 3 hours."},
		6 * time.Hour:               {"en": "after 6 hours.", "de": "nach 6 Stunden ", "zh-Hans": "6 小时后"},
		24 * time.Hour:              {"en": "after a day.", "de": "nach einem Tag ", "pt-BR": "após um dia."},
		36 * time.Hour:              {"en": "after 36 hours.", "fr": "dans 36 heures."},
		48 * time.Hour:              {"en": "after 2 days.", "es": "dentro de 2 días."},
		30*24*time.Hour + time.Hour: {"en": "after 31 days."},
	} {
		for tag, text := range want {
			set, err := language.Config{Offer: []string{tag}}.Set()
			if err != nil {
				t.Fatal(err)
			}
			texts := set.All()[0]
			if got := texts.Text("delete.later", "time", account.InWords(texts, wait)); !strings.Contains(got, text) {
				t.Errorf("%v in %s: %s, want %q", wait, tag, got, text)
			}
		}
	}
}
