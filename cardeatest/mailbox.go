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

// Mailbox keeps the mails that an application under test sends. It is an [email.Sender]; what
// arrives at a [MailServer] is in one, too. The zero value is empty. It is safe for concurrent use.
type Mailbox struct {
	mu    sync.Mutex
	mails []Mail
	err   error
}

// Mail is a mail that was sent. Its Link and its Code are those that the text has, "" for none.
type Mail struct{ email.Message }

var (
	linkPattern = regexp.MustCompile(`https?://\S+/callback/\S+`)
	codePattern = regexp.MustCompile(`(?m)^[0-9]{6}$`)
)

// Send keeps m, or fails as [Mailbox.Fail] says.
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

// Fail makes the mails from now on fail with err; nil makes them arrive again.
func (b *Mailbox) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// All returns the mails so far, oldest first.
func (b *Mailbox) All() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

// Last returns the newest mail to an address. Without one it ends the test.
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
