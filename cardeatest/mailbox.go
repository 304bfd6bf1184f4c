package cardeatest

import (
	"context"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

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
	// Message is the mail. Its Link and Code are taken from the text; they are "" if the text has
	// none.
	email.Message
}

var (
	linkPattern = regexp.MustCompile(`https?://\S+/callback/\S+`)
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
	m.Link, m.Code = html.UnescapeString(linkPattern.FindString(text)), codePattern.FindString(text)
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

// Last returns the newest mail to the address to. It ends the test if there is none.
func (b *Mailbox) Last(t testing.TB, to string) Mail {
	t.Helper()
	for _, m := range slices.Backward(b.All()) {
		if m.To == to {
			return m
		}
	}
	t.Fatalf("cardeatest: no mail to %s", to)
	return Mail{}
}
