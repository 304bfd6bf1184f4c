package account

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// tellOfLink tells a user, after the answer, that a sign-in has linked an account at a provider.
func (f *Feature) tellOfLink(ctx context.Context, provider string) {
	u, err := cardea.UserAs[cardea.User](ctx)
	if err != nil {
		f.unsent(ctx, err)
		return
	}
	if err := f.tellOfWay(ctx, u, MailLinked, provider); err != nil {
		f.unsent(ctx, err)
	}
}

// tellOfWay tells a user, after the answer, what has happened to an account at a provider.
func (f *Feature) tellOfWay(ctx context.Context, u *cardea.User, kind MailKind, provider string) error {
	if f.options.Sender == nil || u.Email == "" {
		return nil
	}
	to := *u
	return f.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		if err := f.takeNotice(ctx, to); err != nil {
			return err
		}
		return addresses{f}.send(ctx, Mail{
			Kind: kind, To: to.Email, User: &to, Provider: f.host.Users().WayName(provider),
			URL: f.host.URL(ctx, "account") + "#" + SectionSignIns,
		})
	})
}

// takeNotice counts a notice to an address that nobody has proven: the user may have typed that of
// somebody else. It is called when the notice is sent: limits are counted outside of transactions.
func (f *Feature) takeNotice(ctx context.Context, to cardea.User) error {
	if !to.EmailVerified.IsZero() {
		return nil
	}
	return f.host.TakeMail(ctx, to.Email)
}

// unsent logs that the mail about a link cannot be queued, which is stored already.
func (f *Feature) unsent(ctx context.Context, cause error) {
	f.host.Log().ErrorContext(ctx, "account: mail not sent", "kind", MailLinked, "cause", cause)
}
