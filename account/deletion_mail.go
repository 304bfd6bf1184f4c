package account

import (
	"context"
	"errors"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/language"
)

// handOver is how long a visitor waits for a mail that must be handed over before something is
// done.
const handOver = 10 * time.Second

// errUnsent says that a mail was not handed over. The log has the cause.
var errUnsent = errors.New("the mail about the deletion was not handed over; the log has the cause")

// mails reports whether a user hears of a deletion by mail.
func (d deletions) mails(u *cardea.User) bool { return d.options.Sender != nil && u.Email != "" }

// deliver sends a mail to a user now, and returns errUnsent if it was not handed over. Its language
// is t, or the first one of the site if t is nil.
func (d deletions) deliver(ctx context.Context, u *cardea.User, m Mail, t *language.Texts) error {
	if !d.mails(u) {
		return nil
	}
	to := *u
	m.To, m.User, m.URL = to.Email, &to, d.host.URL(ctx, "account")
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	sent := make(chan error, 1)
	// A mail that belongs to a request would leave after the answer.
	err := d.host.SendMail(context.Background(), m.To, func(background context.Context) (err error) {
		err = errors.New("the sender has panicked")
		defer func() { sent <- err }()
		if t != nil {
			background = language.With(background, t)
		}
		switch err = ctx.Err(); {
		case err != nil: // nobody waits for it any more
		case m.URL == "" && m.Kind != MailDeleted:
			err = errors.New("outside of a request of the site the link needs Config.BaseURL")
		default:
			err = addresses(d).send(background, m)
		}
		return err
	})
	if err != nil {
		return err
	}
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return errUnsent
	}
	return nil
}

// tell sends a mail to a user after the answer. Ctx carries the transaction of what it tells.
func (d deletions) tell(ctx context.Context, u *cardea.User, kind MailKind) error {
	if !d.mails(u) {
		return nil
	}
	to := *u
	return d.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		if err := d.takeNotice(ctx, to); err != nil {
			return err
		}
		return addresses(d).send(ctx, Mail{Kind: kind, To: to.Email, User: &to, URL: d.host.URL(ctx, "account")})
	})
}
