package cardea

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// EmailProvider signs people in with a mail that contains a link and an eight-digit code. A person
// who uses one of them has proven that the address is theirs. They sign in as the user with that
// address or, if there is none, as a new user. Applications get one from email.New. It needs a
// [Config.Adapter] that is a [TokenStore].
//
// In the browser that asked for the mail, the link signs in immediately. In any other browser it
// shows a page with the address and a button that signs in. So a program that opens the links of a
// mail does not use them up, and a person who has received another person's link sees whose link it
// is. The code works only in the browser that asked for the mail.
type EmailProvider struct {
	// ID names the provider in URLs: lower-case letters, digits, hyphens and underscores. No other
	// provider of the site has the same.
	ID string

	// Name is shown to people. It must not be empty.
	Name string

	// Normalize returns the one spelling of an address that is stored, compared and mailed to. If
	// the text is not an address, it returns an error, which visitors do not see. It must never
	// return the same text for the addresses of two people. It may be called concurrently.
	Normalize func(address string) (string, error)

	// Send delivers a mail, or gives it to a program that delivers it. It is called for each
	// request within the limits, whether or not the address belongs to a user, and the visitor
	// waits for it. If it returns an error, the error is logged and the visitor sees EmailSignin.
	// It may be called concurrently.
	Send func(ctx context.Context, m *SignInMail) error

	// MaxAge is how long a link is valid, a minute or more. Defaults to 24 hours.
	MaxAge time.Duration

	// CodeMaxAge is how long a code is valid: between a minute and 10 minutes, and at most MaxAge.
	// Defaults to 10 minutes.
	CodeMaxAge time.Duration

	// AddressLimit limits the mails to one address. [ratelimit.Config.Store] says where they are
	// counted. Defaults to 5 in an hour.
	AddressLimit ratelimit.Rate

	// ClientLimit limits the mails that one client asks for. A client is an IPv4 address or an IPv6
	// /64 network: that of the peer or, if the peer is one of Config.TrustedProxies, the one that
	// the proxy reports. An IPv6 /56 network may ask for four times as many mails, a /48 network
	// for ten times as many. Defaults to 60 in an hour.
	ClientLimit ratelimit.Rate

	// Adopt decides what happens if somebody proves an address by mail, and an existing user has
	// that address but never proved it. The person may be that user. But the user may also belong
	// to a stranger, who registered the person's address and still has other credentials of the
	// user.
	//
	// If Adopt returns true, the person signs in as the user. Before it returns true, Adopt must
	// delete every credential of the user that the application itself stores, such as passwords and
	// API keys. Cardea then unlinks the accounts, deletes the passkeys and the credentials of
	// Features, ends the sessions, and marks the address as verified. JWT sessions end in this
	// process alone, unless SessionConfig.ShareSignOuts is set; other processes accept them, and
	// extend them while they are used, until SessionConfig.Lifetime is over.
	//
	// If Adopt returns false, the person signs in as a new user. The old user loses the address and
	// keeps everything else. An error fails the sign-in.
	//
	// Adopt runs in the transaction of the sign-in, possibly more than once and concurrently. It is
	// not called if the visitor is signed in as that user, or if the user has no other credential:
	// the address is then simply marked as verified, and the user's other sessions end. Other
	// credentials are accounts, passkeys, what Callbacks.HasOtherCredential reports and, if a
	// provider other than an oauth.Provider or EmailProvider is configured, what that provider
	// checks. Defaults to returning false.
	Adopt func(ctx context.Context, u *User) (bool, error)

	// Style is how the provider looks on the sign-in page. Each field has a default.
	Style oauth.Style

	// Err is what email.New found wrong with its options. [New] reports it. Nil means no fault.
	Err error
}

// SignInMail is a mail to be sent. Anybody who has its URL or Code can sign in with it, so put them
// into the mail and nowhere else. The JSON has neither, and package fmt and loggers print neither.
type SignInMail struct {
	To         string        // exactly one address, as Normalize returned it
	URL        string        `json:"-"` // the link that signs in
	MaxAge     time.Duration // how long URL is valid
	Code       string        `json:"-"` // eight digits
	CodeMaxAge time.Duration // how long Code is valid
	Site       string        // origin of the site, such as https://example.com
	Theme      Theme         // Config.Theme

	// Language is that of the browser that has asked for the mail; nil is English.
	Language *language.Texts
}

// ProviderID returns p.ID.
func (p *EmailProvider) ProviderID() string { return p.ID }

func (p *EmailProvider) info() providerInfo {
	return providerInfo{id: p.ID, name: p.Name, kind: TypeEmail, style: p.Style, provesEmail: true}
}

const (
	defaultLinkMaxAge = 24 * time.Hour
	maxCodeAge        = 10 * time.Minute // of a code with eight digits (OWASP ASVS 5.0)
)

// withDefaults returns a copy with the empty fields filled in.
func (p *EmailProvider) withDefaults() *EmailProvider {
	q := *p
	if q.MaxAge == 0 {
		q.MaxAge = defaultLinkMaxAge
	}
	if q.CodeMaxAge == 0 {
		q.CodeMaxAge = min(maxCodeAge, q.MaxAge)
	}
	if q.AddressLimit == (ratelimit.Rate{}) {
		q.AddressLimit = ratelimit.Rate{Count: 5, Within: time.Hour}
	}
	if q.ClientLimit == (ratelimit.Rate{}) {
		q.ClientLimit = ratelimit.Rate{Count: 60, Within: time.Hour}
	}
	return &q
}

func (p *EmailProvider) validate(c *Config, field string, faults *configerr.List) {
	if p.Err != nil {
		faults.AddEach(field, p.Err)
	} else if p.Normalize == nil || p.Send == nil {
		faults.Add(field, "has no Normalize or no Send; make it with email.New")
	}
	p = p.withDefaults()
	if p.MaxAge < time.Minute {
		faults.Add(field+".MaxAge", "want a minute or more, have %v", p.MaxAge)
	}
	longest := min(max(p.MaxAge, time.Minute), maxCodeAge)
	isDefault := p.MaxAge < time.Minute && p.CodeMaxAge == p.MaxAge // MaxAge is at fault
	if !isDefault && (p.CodeMaxAge < time.Minute || p.CodeMaxAge > longest) {
		faults.Add(field+".CodeMaxAge", "want between a minute and %v, have %v", longest, p.CodeMaxAge)
	}
	validateRate(p.AddressLimit, field+".AddressLimit", faults)
	validateRate(p.ClientLimit, field+".ClientLimit", faults)
	if _, ok := feature.StoreOf[TokenStore](c.Adapter); !ok {
		faults.Add(field, "sign-in by e-mail needs an Adapter that is a TokenStore; have %T", c.Adapter)
	}
}

func (p *EmailProvider) button(basePath string) page.Provider {
	return page.Provider{
		ID: p.ID, Name: p.Name, Kind: page.Email, Action: basePath + "/signin/" + p.ID,
		BrandColor: p.Style.BrandColor, Logo: p.Style.Logo,
	}
}

func (p *EmailProvider) open(a *Auth) (signInMethod, error) {
	h := &Host{auth: a, id: p.ID}
	return &wayMethod{h, newMailSignIn(h, p.withDefaults()).way()}, nil
}
