package account

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// tellOfLink tells a user, after the answer, that a sign-in has linked an account at a provider.
func (f *Feature) tellOfLink(ctx context.Context, provider string) {
	u, err := cardea.UserAs[cardea.User](ctx)
	if err != nil {
		f.unsent(ctx, MailLinked, err)
		return
	}
	f.tellOfWay(ctx, u, MailLinked, provider)
}

// tellOfWay tells a user, after the answer, what has happened to an account at a provider. It is
// stored already, so a mail that cannot be queued is only logged.
func (f *Feature) tellOfWay(ctx context.Context, u *cardea.User, kind MailKind, provider string) {
	if f.options.Sender == nil || u.Email == "" {
		return
	}
	to := *u
	err := f.takeNotice(ctx, u)
	if err == nil {
		err = f.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
			return addresses{f}.send(ctx, Mail{
				Kind: kind, To: to.Email, User: &to, Provider: f.host.Users().WayName(provider),
				URL: f.host.URL(ctx, "account") + "#" + SectionSignIns,
			})
		})
	}
	if err != nil {
		f.unsent(ctx, kind, err)
	}
}

// tellOfDeletion tells a user, after the answer, that the account is deleted.
func (f *Feature) tellOfDeletion(ctx context.Context, u *cardea.User) {
	d := deletions{f}
	if !d.mails(u) {
		return
	}
	err := f.takeNotice(ctx, u)
	if err == nil {
		err = d.tell(ctx, u, MailDeleted)
	}
	if err != nil {
		f.unsent(ctx, MailDeleted, err)
	}
}

// takeNotice counts a notice to an address that nobody has proven: the user may have typed that of
// somebody else.
func (f *Feature) takeNotice(ctx context.Context, u *cardea.User) error {
	if !u.EmailVerified.IsZero() {
		return nil
	}
	return f.host.TakeMail(ctx, u.Email)
}

// unsent logs that a mail cannot be queued.
func (f *Feature) unsent(ctx context.Context, kind MailKind, cause error) {
	f.host.Log().ErrorContext(ctx, "account: mail not sent", "kind", kind, "cause", cause)
}
