package feature

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cardea-auth/cardea/internal/redact"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Addresses is what a feature needs to sign people in with an address that they prove by a mail;
// see cardea.Host.Addresses. An address is in the form that the feature stores. Ctx is that of a
// request of the feature. It is safe for concurrent use. Only package cardea implements it.
//
// A visitor asks for a mail:
//
//	if err := f.addresses.TakeMail(ctx, address, feature.MailLimits{}); err != nil {
//		return err
//	}
//	if to, err := f.addresses.Ask(ctx, address); err != nil {
//		return err
//	} else if to != "" {
//		return f.host.Redirect(ctx, to)
//	}
//	token := rand.Text()
//	hash := f.addresses.Hashes(token)[0]
//	err := f.addresses.Add(ctx, address, feature.AddressToken{Hash: hash, Expires: f.host.Now().Add(time.Hour)})
//	if err != nil {
//		return err
//	}
//	if err := f.mail(ctx, address, token); err != nil {
//		return f.addresses.SendError(err, address, token)
//	}
//	if err := f.addresses.Remember(ctx, time.Hour, oauth.Claims{"link": hash}); err != nil {
//		return err
//	}
//	return f.addresses.Sent(ctx)
//
// The link signs in at once in the browser that remembers its hash. In any other browser Confirm
// asks first. What comes then is Use, and Host.Complete with the address as Proof.Email.
type Addresses interface {
	// Ask asks Callbacks.SignIn whether the owner of the address may have a mail, with
	// SignIn.VerificationRequest. Nothing is proven yet. If redirect is not empty, the visitor goes
	// there instead, with Host.Redirect. The error is one to return from the handler.
	Ask(ctx context.Context, address string) (redirect string, err error)

	// TakeMail counts one mail to the address that the visitor asks for. If a limit is used up, the
	// error is a cardea.Error with CodeRateLimited to return from the handler. Call it before
	// anything about the address is looked up.
	TakeMail(ctx context.Context, address string, limits MailLimits) error

	// SendError returns the error to return from the handler if the mail could not be sent. The
	// visitor sees EmailSignin. The log gets err, unless its text contains one of the secrets.
	SendError(err error, secrets ...string) error

	// Sent answers with a redirect to the page that says that a mail was sent, and logs that.
	Sent(ctx context.Context) error

	// Remember marks the browser as the one that has asked for the latest mail, for at most maxAge,
	// so that nobody can sign it in with a link that somebody else has asked for. The values are
	// encrypted and signed. The value callbackUrl is shortened if there is too little room in the
	// browser's cookies. A browser remembers one mail for all features of the site.
	Remember(ctx context.Context, maxAge time.Duration, values oauth.Claims) error

	// Remembered returns the values of the latest mail for which this browser has asked. They are
	// nil if it has asked for none, if it was another feature that has sent the latest one, or
	// after maxAge.
	Remembered(ctx context.Context) oauth.Claims

	// Forget ends what Remember has begun.
	Forget(ctx context.Context)

	// Confirm answers with the page that asks whether to sign in as the owner of the address. Its
	// form posts the token, and the address as email, to Way.Finish. It is for a link that is
	// opened in another browser than the one that has asked for it: programs that scan mails open
	// links, and the visitor may have been sent the link by somebody who wants them to use it.
	Confirm(ctx context.Context, address, token string) error

	// Guess counts a try to guess a code that was mailed to the address, in Limits.Client, Address
	// and Site of cardea.Config. If one is used up, the error is a cardea.Error with
	// CodeRateLimited to return from the handler. Call it before the check. If the code is right,
	// call the function that Guess returns: the try then does not count.
	Guess(ctx context.Context, address string) (right func(), err error)

	// Hashes returns the hashes under which a token may be stored: the hexadecimal SHA-256 of the
	// token and a secret, for Config.Secret and each of PreviousSecrets. It is how Auth.js stores
	// the tokens of its links. The first is for new tokens. A token needs 128 random bits or more.
	Hashes(token string) []string

	// Add stores tokens of an address, all or none. If ctx carries a transaction, they are stored
	// if it is kept. The error is one to return from the handler.
	Add(ctx context.Context, address string, tokens ...AddressToken) error

	// Take removes the token of the address that has this hash, and returns it. Of any number of
	// callers in any number of processes one gets it, expired or not. For the others, and if there
	// never was one, the error is a cardea.ErrNotFound, and one to return from the handler: a
	// cardea.Error with CodeVerification.
	Take(ctx context.Context, address, hash string) (AddressToken, error)

	// Use removes the first token of the address that has one of these hashes, returns it, and ends
	// all other tokens of the address, of other features too: one sign-in uses up every mail. Of
	// any number of callers with any tokens of the address, one gets its token. For the others, and
	// if there never was one, the error is that of Take. So it is for a token that has expired,
	// which is returned, and ends no others.
	Use(ctx context.Context, address string, hashes ...string) (AddressToken, error)

	// UseInSignIn makes Host.Complete for the address use the token, as Use does, in the
	// transaction of the sign-in: one transaction instead of two, and if it fails, the token is as
	// before. If somebody is asked about the sign-in first, such as Callbacks.SignIn, the token is
	// used before that, so that they hear of one mail once. With the token ends what Remember has
	// begun. If it cannot be used, Complete returns a cardea.Error with CodeVerification.
	//
	// It is for a token that Remembered shows to be one that was mailed. With any other, call Use
	// before Complete: Complete looks for the user first, and for a token that somebody has made
	// up, the time of the answer would tell whether there is one.
	UseInSignIn(ctx context.Context, address string, hashes ...string) error

	// Shared reports whether another feature or provider of the site has Addresses too, so that a
	// token that does not say who has mailed it, such as one of Auth.js, may be the other's.
	Shared() bool
}

// AddressToken is a single-use token of an address as it is stored; see [Addresses].
type AddressToken struct {
	Hash    string    `json:"-"` // what the store has: one of Hashes, or a hash made of one; it is not printed
	Expires time.Time // when the token is useless
}

// Format implements [fmt.Formatter]. It writes no hash.
func (t AddressToken) Format(s fmt.State, _ rune) { redact.Format(s, t) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (t AddressToken) LogValue() slog.Value { return redact.Value(t) }

// MailLimits are limits of the mails for which visitors ask; see [Addresses].TakeMail. A limit that
// is zero is that of cardea.Config: Limits.Mail or Limits.MailClient.
type MailLimits struct {
	Name    string         // of the limits in the log, before .AddressLimit and .ClientLimit; required
	Address ratelimit.Rate // mails to one address
	Client  ratelimit.Rate // mails that one client asks for; networks as for ratelimit.Config
}
