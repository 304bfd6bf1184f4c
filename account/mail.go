package account

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/internal/mailtext"
	"github.com/cardea-auth/cardea/internal/redact"
	"github.com/cardea-auth/cardea/language"
)

// MailKind says what a mail about a change of the address or a deletion is about.
type MailKind string

// The kinds of mails.
const (
	MailConfirm  MailKind = "confirm"  // to the new address; the link leads to the page that changes it
	MailTaken    MailKind = "taken"    // to the user who has the address that another user wants
	MailAsked    MailKind = "asked"    // to the old address: a change was asked for; the link undoes it
	MailChanged  MailKind = "changed"  // to the old address: it was changed; the link undoes it
	MailNew      MailKind = "new"      // to the new address: it is the user's now
	MailRestored MailKind = "restored" // to the old address: it is the user's again

	MailDeletion MailKind = "deletion" // the account will be deleted; the link leads to the account page
	MailKept     MailKind = "kept"     // it will not be deleted any more
)

// Mail is what a mail says.
type Mail struct {
	Kind MailKind     // what the mail is about
	Site string       // the host of the site, such as example.com
	To   string       // the address
	URL  string       `json:"-"` // the link; to a page of the site if the kind does not say where
	User *cardea.User // the user, as before the change; with MailTaken the one who has the address
	At   time.Time    // when the account will be deleted at the earliest, with MailDeletion; otherwise zero

	// Language is that of the browser from which the change comes; nil is English.
	Language *language.Texts
}

// Format implements [fmt.Formatter]. It writes no link.
func (m Mail) Format(s fmt.State, _ rune) { redact.Format(s, m) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (m Mail) LogValue() slog.Value { return redact.Value(m) }

// Compose returns the default mail, in m.Language and as plain text.
func Compose(m Mail) email.Message {
	key := "mail.address." + string(m.Kind)
	if m.Kind == MailDeletion || m.Kind == MailKept {
		key = "mail.account." + string(m.Kind)
	}
	subject, text := mailtext.Compose(m.Language, key, m.URL, "site", m.Site, "date", m.Language.Day(m.At.UTC()))
	return email.Message{Subject: subject, Text: text}
}

// send writes a mail and delivers it.
func (a addresses) send(ctx context.Context, m Mail) error {
	if u, err := url.Parse(m.URL); err == nil {
		m.Site = u.Host
	}
	m.Language = language.Of(ctx)
	message, err := a.options.Compose(ctx, m)
	if err != nil {
		return fmt.Errorf("compose the mail: %w", err)
	}
	message.From, message.To, message.Link = a.options.From, m.To, m.URL
	return a.options.Sender.Send(ctx, message)
}
