package cardeatest

import (
	"cmp"
	"context"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/email"
)

// Mailbox is an [email.Sender] that keeps the mails which an application under test sends. A
// [MailServer] has one too. The zero value is empty and ready to use. It is safe for concurrent
// use.
type Mailbox struct {
	mu    sync.Mutex
	mails []Mail
	err   error
}

// Mail is a mail that was sent.
type Mail struct {
	// Message is the mail. Its Link and Code are taken from the text, in any language: Link is what
	// the mail is about, such as a sign-in, a sign-up or a new password, and else the first URL. If
	// the text has none, they are those that the sender was given.
	email.Message
}

var (
	linkPattern = regexp.MustCompile(`https?://\S+(?:/callback/|[?&]token=)\S+`)
	urlPattern  = regexp.MustCompile(`https?://\S+`)
	codePattern = regexp.MustCompile(`(?m)^[0-9]{8}$`)
)

// Send keeps m, or returns the error of [Mailbox.Fail], or that of ctx if ctx has ended.
func (b *Mailbox) Send(ctx context.Context, m email.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	text := strings.ReplaceAll(m.Text, "\r\n", "\n")
	link := cmp.Or(linkPattern.FindString(text), urlPattern.FindString(text))
	m.Link, m.Code = cmp.Or(html.UnescapeString(link), m.Link), cmp.Or(codePattern.FindString(text), m.Code)
	b.mails = append(b.mails, Mail{m})
	return nil
}

// Fail makes Send return err from now on. With nil it keeps mails again.
func (b *Mailbox) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// All returns the mails that were sent so far, oldest first.
func (b *Mailbox) All() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

// lastWaits is how long Last waits.
const lastWaits = 10 * time.Second

// Last returns the newest mail to the address to, whose subject contains each of the texts. Many
// mails leave after the answer to the visitor, so it waits for one for up to ten seconds, and then
// ends the test. If there may be an older mail, name a part of the subject. A test that wants no
// mail looks at All.
func (b *Mailbox) Last(t testing.TB, to string, subject ...string) Mail {
	t.Helper()
	for deadline := time.Now().Add(lastWaits); ; time.Sleep(2 * time.Millisecond) {
		for _, m := range slices.Backward(b.All()) {
			misses := func(text string) bool { return !strings.Contains(m.Subject, text) }
			if m.To == to && !slices.ContainsFunc(subject, misses) {
				return m
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("cardeatest: no mail to %s with a subject of %q within %v", to, subject, lastWaits)
			return Mail{}
		}
	}
}
