package password

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

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
	MailSignUp  MailKind = "signup"  // somebody wants to sign up; the link leads to the page for the password
	MailTaken   MailKind = "taken"   // somebody wants to sign up with the address of a user
	MailReset   MailKind = "reset"   // somebody has forgotten the password; the link leads to the page for a new one
	MailChanged MailKind = "changed" // the user has another password now
	MailSet     MailKind = "set"     // the user has a first password now, beside other ways to sign in
	MailRemoved MailKind = "removed" // the user has no password any more
)

// Mail is what a mail says.
type Mail struct {
	Kind MailKind     // what the mail is about
	Site string       // the host of the site, such as example.com
	To   string       // the address
	URL  string       `json:"-"` // the link; to the page for a forgotten password if the kind does not say where
	User *cardea.User // nil for somebody who has none yet

	// Language is that of the browser that has asked for the mail; nil is English.
	Language *language.Texts

	// Also is the language in which the mail is too, below. It is the first one of the site if the
	// mail is a notice to the owner of the account, whom a stranger's browser must not keep from
	// understanding it, and nil if the mail is in one language alone: with MailSignUp and
	// MailReset, and if Language is the first one.
	Also *language.Texts
}

// Format implements [fmt.Formatter]. It writes no link.
func (m Mail) Format(s fmt.State, _ rune) { redact.Format(s, m) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (m Mail) LogValue() slog.Value { return redact.Value(m) }

// Compose returns the default mail, in m.Language and m.Also, as plain text.
func Compose(m Mail) email.Message {
	subject, text := mailtext.InBoth(m.Language, m.Also, func(t *language.Texts) (subject, body string) {
		return mailtext.Compose(t, "mail.password."+string(m.Kind), m.URL, "site", m.Site)
	})
	return email.Message{Subject: subject, Text: text}
}

// send writes a mail and delivers it.
func (f *Feature) send(ctx context.Context, m Mail) error {
	m.Site, m.Language = siteOf(f.host.URL(ctx, pathForgot)), language.Of(ctx)
	if m.Kind != MailSignUp && m.Kind != MailReset {
		m.Also = m.Language.Also()
	}
	message, err := f.options.Compose(ctx, m)
	if err != nil {
		return fmt.Errorf("compose the mail: %w", err)
	}
	message.From, message.To, message.Link = f.options.From, m.To, m.URL
	return f.options.Sender.Send(ctx, message)
}

// siteOf returns the host of a URL, as people see it.
func siteOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// notify tells a user, after the answer, what was done with the password. Ctx carries the
// transaction that does it.
func (f *Feature) notify(ctx context.Context, u *cardea.User, kind MailKind) error {
	if u.Email == "" {
		return nil
	}
	to := *u
	return f.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		if to.EmailVerified.IsZero() { // the user may have typed the address of somebody else
			if err := f.host.TakeMail(ctx, to.Email); err != nil {
				return err
			}
		}
		return f.send(ctx, Mail{Kind: kind, To: to.Email, URL: f.host.URL(ctx, pathForgot), User: &to})
	})
}
