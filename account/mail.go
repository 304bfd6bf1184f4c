package account

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/internal/mailtext"
	"github.com/cardea-auth/cardea/internal/redact"
	"github.com/cardea-auth/cardea/language"
)

// MailKind says what a mail is about.
type MailKind string

// The kinds of mails.
const (
	MailConfirm  MailKind = "confirm"  // to the new address; the link leads to the page that changes it
	MailTaken    MailKind = "taken"    // to the user who has the address that another user wants
	MailAsked    MailKind = "asked"    // to the old address: a change was asked for; the link undoes it
	MailChanged  MailKind = "changed"  // to the old address: it was changed; the link undoes it
	MailNew      MailKind = "new"      // to the new address: it is the user's now
	MailRestored MailKind = "restored" // to the old address: it is the user's again

	MailLinked   MailKind = "linked"   // a sign-in has linked an account at a provider
	MailUnlinked MailKind = "unlinked" // the user has removed one

	MailDeletion MailKind = "deletion" // the account will be deleted; the link leads to the account page
	MailKept     MailKind = "kept"     // it will not be deleted any more
	MailDeleted  MailKind = "deleted"  // it is deleted; the mail has no link
)

// Mail is what a mail says.
type Mail struct {
	Kind MailKind     // what the mail is about
	Site string       // the host of the site, such as example.com
	To   string       // the address
	URL  string       `json:"-"` // the link; to a page of the site if the kind does not say where
	User *cardea.User // the user, as before what the mail is about; with MailTaken the one who has the address
	At   time.Time    // when the account will be deleted at the earliest, with MailDeletion; otherwise zero

	// Provider is the name of the provider, as the sign-in page shows it, with MailLinked and
	// MailUnlinked; otherwise "".
	Provider string

	// Language is that of the browser from which the change comes; nil is English.
	Language *language.Texts

	// Also is the language in which the mail is too, below. It is the first one of the site if the
	// mail is a notice to the owner of the account, whom a stranger's browser must not keep from
	// understanding it, and nil if the mail is in one language alone: with MailConfirm, and if
	// Language is the first one.
	Also *language.Texts
}

// Format implements [fmt.Formatter]. It writes no link.
func (m Mail) Format(s fmt.State, _ rune) { redact.Format(s, m) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (m Mail) LogValue() slog.Value { return redact.Value(m) }

// Compose returns the default mail, in m.Language and m.Also, as plain text.
func Compose(m Mail) email.Message {
	key := "mail.address." + string(m.Kind)
	switch m.Kind {
	case MailLinked, MailUnlinked, MailDeletion, MailKept, MailDeleted:
		key = "mail.account." + string(m.Kind)
	}
	subject, text := mailtext.InBoth(m.Language, m.Also, func(t *language.Texts) (subject, body string) {
		return mailtext.Compose(t, key, m.URL,
			"site", m.Site, "date", t.Time(m.At.UTC()), "provider", m.Provider)
	})
	return email.Message{Subject: subject, Text: text}
}

// send writes a mail and delivers it.
func (a addresses) send(ctx context.Context, m Mail) error {
	if u, err := url.Parse(m.URL); err == nil && u.Host != "" {
		m.Site = u.Host
	} else if _, domain, ok := strings.Cut(a.sender.Address, "@"); ok {
		m.Site = domain
	}
	m.Language = language.Of(ctx)
	if m.Kind != MailConfirm {
		m.Also = m.Language.Also()
	}
	message, err := a.options.Compose(ctx, m)
	if err != nil {
		return fmt.Errorf("compose the mail: %w", err)
	}
	message.From, message.To, message.Link = a.options.From, m.To, m.URL
	return a.options.Sender.Send(ctx, message)
}
