// Package email signs people in by a mail with a link and a code.
//
//	email.New(email.Options{
//		From:   "Example <no-reply@example.com>",
//		Sender: &email.SMTP{Host: "smtp.example.com", Username: "apikey", Password: os.Getenv("SMTP_PASSWORD")},
//	})
//
// [SMTP] hands the mails to a mail server, a [Service] to a mail service's API, such as [Resend]; a
// [Sender] of one's own can hand them to anything else.
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
)

// Options say how mails are made and sent. From and Sender must be set.
type Options struct {
	// From is the sender of the mails, such as "Example <no-reply@example.com>".
	From string

	// Sender delivers the mails.
	Sender Sender

	// Compose makes the subject and the two bodies of a mail, for a site in another language; From,
	// To, Link and Code are filled in afterwards. Defaults to [Compose].
	Compose func(ctx context.Context, m *cardea.SignInMail) (Message, error)

	// Normalize returns the one way to write an address, or an error for what is none; see
	// [cardea.EmailProvider]. Defaults to [Normalize].
	Normalize func(address string) (string, error)

	ID   string // defaults to email
	Name string // defaults to Email

	// The rest is as in [cardea.EmailProvider], with the same defaults.

	MaxAge       time.Duration
	CodeMaxAge   time.Duration
	AddressLimit cardea.Limit
	ClientLimit  cardea.Limit
	Adopt        func(ctx context.Context, u *cardea.User) (bool, error)
	Style        oauth.Style
}

// Sender delivers a mail. Send may be called concurrently and returns when the mail is accepted for
// delivery, or ctx ends; an error means that the visitor is told to try again. Its text goes to the
// log, except when it repeats the address, the token or the code.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// New makes a provider for [cardea.Config]. What is wrong with the options is reported by
// [cardea.New].
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

// check reports everything that is wrong.
func (o *Options) check() error {
	var faults []error
	if _, err := mail.ParseAddress(o.From); err != nil {
		faults = append(faults, fmt.Errorf(
			"Options.From: want an address such as \"Example <no-reply@example.com>\", have %q", o.From,
		))
	}
	switch s := o.Sender.(type) {
	case nil:
		faults = append(faults, errors.New("Options.Sender: is nil; set an *email.SMTP, an *email.Service or your own"))
	case interface{ check() error }:
		faults = append(faults, s.check())
	}
	return errors.Join(faults...)
}
