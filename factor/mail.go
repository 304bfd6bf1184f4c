package factor

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/internal/mailtext"
	"github.com/cardea-auth/cardea/language"
)

// MailKind says what a mail is about.
type MailKind string

// The kinds of mails.
const (
	MailAdded    MailKind = "added"    // the user has another second factor
	MailRemoved  MailKind = "removed"  // a second factor was removed
	MailCodes    MailKind = "codes"    // the user has new recovery codes
	MailRecovery MailKind = "recovery" // a recovery code was used for a sign-in
)

// Mail is what a mail says.
type Mail struct {
	Kind   MailKind     // what the mail is about
	Site   string       // the host of the site, such as example.com
	To     string       // the address
	URL    string       // the account page
	Factor string       // the name of the factor, with MailAdded and MailRemoved; "" if it has none
	Left   int          // how many recovery codes are left, with MailRecovery
	User   *cardea.User // whom it is about

	// Language is that of the browser from which the change comes; nil is English.
	Language *language.Texts

	// Also is the language in which the mail is too, below: the first one of the site, so that a
	// stranger's browser does not keep the owner of the account from understanding it. It is nil if
	// Language is the first one.
	Also *language.Texts
}

// Compose returns the default mail, in m.Language and m.Also, as plain text.
func Compose(m Mail) email.Message {
	subject, text := mailtext.InBoth(m.Language, m.Also, func(t *language.Texts) (subject, body string) {
		return mailtext.Compose(t, "mail.factor."+string(m.Kind), m.URL,
			"site", m.Site, "factor", titleOf(t, m.Factor), "left", strconv.Itoa(m.Left))
	})
	return email.Message{Subject: subject, Text: text}
}

// notify tells a user, after the answer, what has changed. Ctx carries the transaction of the
// change.
func (f *Feature) notify(ctx context.Context, u *cardea.User, m Mail) error {
	if f.options.Sender == nil || u.Email == "" {
		return nil
	}
	to := *u
	return f.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		if to.EmailVerified.IsZero() { // the user may have typed the address of somebody else
			if err := f.host.TakeMail(ctx, to.Email); err != nil {
				return err
			}
		}
		m.User, m.To, m.URL = &to, to.Email, f.accountURL(ctx, "")
		m.Site, m.Language = siteOf(m.URL), language.Of(ctx)
		m.Also = m.Language.Also()
		message, err := f.options.Compose(ctx, m)
		if err != nil {
			return fmt.Errorf("compose the mail: %w", err)
		}
		message.From, message.To, message.Link = f.options.From, m.To, m.URL
		return f.options.Sender.Send(ctx, message)
	})
}
