// Package email is sign-in by e-mail: the visitor gets a mail with a link and a code.
//
//	email.New(email.Options{
//		From:   "Example <no-reply@example.com>",
//		Sender: &email.SMTP{Host: "smtp.example.com", Username: "apikey", Password: os.Getenv("SMTP_PASSWORD")},
//	})
//
// [SMTP] sends the mails through a mail server. A [Service], such as [Resend], sends them through
// the HTTP API of a mail service. To send them in another way, implement [Sender].
package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Options configure sign-in by e-mail. From and Sender are required.
type Options struct {
	// From is the sender of the mails, such as "Example <no-reply@example.com>".
	From string

	// Sender delivers the mails.
	Sender Sender

	// Compose makes the subject and the bodies of a mail, for example with other HTML. From,
	// To, Link and Code of its message are set afterwards. If it returns an error, nothing is sent
	// and the visitor is asked to try again. It may be called concurrently. Defaults to [Compose].
	Compose func(ctx context.Context, m *cardea.SignInMail) (Message, error)

	// Normalize returns the canonical form of an address, or an error if it is not valid; see
	// [cardea.EmailProvider]. It may be called concurrently. Defaults to [Normalize].
	Normalize func(address string) (string, error)

	// ID is the provider's ID, which is part of URLs. Defaults to "email".
	ID string

	// Name is the provider's name on the sign-in page. Defaults to "Email".
	Name string

	// MaxAge is how long a link is valid, a minute or more. Defaults to 24 hours.
	MaxAge time.Duration

	// CodeMaxAge is how long a code is valid, MaxAge at most. Defaults to 10 minutes.
	CodeMaxAge time.Duration

	// AddressLimit limits the mails to one address. Defaults to 5 an hour.
	AddressLimit ratelimit.Rate

	// ClientLimit limits the mails that one client requests. Defaults to 60 an hour.
	ClientLimit ratelimit.Rate

	// Adopt decides whether the visitor signs in as an existing user whose address was not verified
	// before; see [cardea.EmailProvider]. Defaults to false.
	Adopt func(ctx context.Context, u *cardea.User) (bool, error)

	// Style is how the provider looks on the sign-in page. Its form has no logo.
	Style oauth.Style
}

// Sender delivers mails.
type Sender interface {
	// Send delivers m. It returns when the mail is accepted for delivery or ctx ends. If it returns
	// an error, the visitor is asked to try again; the error is logged, but not if its text
	// contains the address, the token or the code. Send may be called concurrently.
	Send(ctx context.Context, m Message) error
}

// New returns a provider for [cardea.Config]. [cardea.New] reports what is wrong with o.
func New(o Options) *cardea.EmailProvider {
	p := &cardea.EmailProvider{
		ID: cmp.Or(o.ID, "email"), Name: cmp.Or(o.Name, "Email"), Normalize: o.Normalize, Style: o.Style,
		MaxAge: o.MaxAge, CodeMaxAge: o.CodeMaxAge, AddressLimit: o.AddressLimit, ClientLimit: o.ClientLimit,
		Adopt: o.Adopt,
	}
	if p.Normalize == nil {
		p.Normalize = Normalize
	}
	if o.Compose == nil {
		o.Compose = func(_ context.Context, m *cardea.SignInMail) (Message, error) { return Compose(m) }
	}
	p.Err = o.check()
	p.Send = func(ctx context.Context, m *cardea.SignInMail) error {
		message, err := o.Compose(ctx, m)
		if err != nil {
			return fmt.Errorf("compose the mail: %w", err)
		}
		message.From, message.To, message.Link, message.Code = o.From, m.To, m.URL, m.Code
		return o.Sender.Send(ctx, message)
	}
	return p
}

// check reports everything that is wrong with the options.
func (o *Options) check() error {
	var faults []error
	if _, err := mail.ParseAddress(o.From); err != nil {
		faults = append(faults, fmt.Errorf(
			"Options.From: want an address such as \"Example <no-reply@example.com>\", have %q", o.From,
		))
	}
	switch s := o.Sender.(type) {
	case nil:
		faults = append(
			faults, errors.New("Options.Sender: is nil; set an *email.SMTP, an *email.Service or another Sender"),
		)
	case interface{ check() error }:
		faults = append(faults, s.check())
	}
	return errors.Join(faults...)
}
