package cardea

import (
	"context"
	"time"
)

// Email is the type of a provider that signs people in by mail.
const TypeEmail ProviderType = "email"

// EmailProvider signs people in by a mail with a link and, beside it, a six-digit code. Whoever
// receives it has proven that the address is theirs: they sign in as the user with that e-mail, or
// as a new one. Applications get it from New in package email. It needs a [Config.Adapter] that is
// a [TokenStore].
//
// In the browser that asked for the mail the link signs in at once. Opened anywhere else it shows a
// page that says so, whose button signs in: a program that opens the links of a mail does not use
// them up, and who was sent somebody else's link sees whose it is. The code works only in the
// browser that asked.
type EmailProvider struct {
	ID   string // in URLs and in verification URLs: lower-case letters, digits, hyphen, underscore
	Name string // for people

	// Normalize returns the one way to write an address, under which it is stored, compared and
	// mailed to, or an error for what is no address. Two addresses that reach different people must
	// never become one. Its error is shown to nobody.
	Normalize func(address string) (string, error)

	// Send delivers a mail, or hands it to something that will. It is called for each request that
	// the limits let through, whether or not the address belongs to a user, and the visitor waits
	// for it.
	Send func(ctx context.Context, m *SignInMail) error

	MaxAge     time.Duration // how long a link is good for; defaults to 24 hours
	CodeMaxAge time.Duration // how long a code is good for, and at most MaxAge; defaults to 10 minutes

	// AddressLimit bounds the mails to one address, ClientLimit those that one client asks for, an
	// IPv6 client being its /64 network. They count in this process alone. A client is known by the
	// peer's address or, behind one of Config.TrustedProxies, by what that proxy says. They default
	// to 5 and 60 an hour.
	AddressLimit Limit
	ClientLimit  Limit

	// Adopt decides about a user who has the address, never proved it, and may have other ways in
	// (an account at a provider; where other providers than [OAuthProvider] are configured, also a
	// password), now that somebody has proven it. That may be the user, or somebody whose address
	// was used by a stranger. False makes the person a new user, and takes the unproven address
	// from the old one, who keeps everything else. Before returning true, Adopt must remove what
	// the application itself made that lets anybody in as that user, such as passwords and API
	// keys; the accounts are then unlinked, the passkeys removed, the sessions ended, and the
	// address is proven. JWT sessions end in this process alone: other processes accept them until
	// they expire. It runs in the transaction of the sign-in, possibly more than once. Defaults to
	// false.
	//
	// It is not asked when the visitor is signed in as that user already, or the user has no other
	// way in: both simply have the address proven, and other sessions of the user end.
	Adopt func(ctx context.Context, u *User) (bool, error)

	Style Style

	// Err is what New in package email found wrong with its options; [New] reports it.
	Err error
}

// Limit is how many times something may happen within any span of time of that length.
type Limit struct {
	Count  int
	Within time.Duration
}

// SignInMail is a mail to be sent, with all that it must say. Its URL and its code let whoever has
// them in: they belong into the mail and nowhere else.
type SignInMail struct {
	To         string // exactly one address, as Normalize returned it
	URL        string
	MaxAge     time.Duration // of the URL
	Code       string        // six digits
	CodeMaxAge time.Duration
	Site       string // origin of the site, such as https://example.com
	Theme      Theme
}

func (p *EmailProvider) identity() (id, name string, kind ProviderType, style Style) {
	return p.ID, p.Name, TypeEmail, p.Style
}

const (
	defaultLinkMaxAge = 24 * time.Hour
	defaultCodeMaxAge = 10 * time.Minute
)

// withDefaults returns a copy with what was left empty filled in.
func (p *EmailProvider) withDefaults() *EmailProvider {
	q := *p
	if q.MaxAge == 0 {
		q.MaxAge = defaultLinkMaxAge
	}
	if q.CodeMaxAge == 0 {
		q.CodeMaxAge = min(defaultCodeMaxAge, q.MaxAge)
	}
	if q.AddressLimit == (Limit{}) {
		q.AddressLimit = Limit{5, time.Hour}
	}
	if q.ClientLimit == (Limit{}) {
		q.ClientLimit = Limit{60, time.Hour}
	}
	return &q
}

// validate reports everything that is missing or wrong in p; field is where it stands in the
// configuration.
func (p *EmailProvider) validate(field string, f *faults) {
	if p.Err != nil {
		f.addEach(field, p.Err)
	} else if p.Normalize == nil || p.Send == nil {
		f.add(field, "has no Normalize or no Send; make it with New of package email")
	}
	p = p.withDefaults()
	if p.MaxAge < time.Minute {
		f.add(field+".MaxAge", "want a minute or more, have %v", p.MaxAge)
	}
	// OWASP ASVS 5.0: a one-time code of so few digits must not last longer.
	if p.CodeMaxAge < time.Minute || p.CodeMaxAge > min(p.MaxAge, maxCodeAge) {
		f.add(field+".CodeMaxAge", "want between a minute and %v, have %v", min(p.MaxAge, maxCodeAge), p.CodeMaxAge)
	}
	for _, l := range []struct {
		name  string
		limit Limit
	}{{"AddressLimit", p.AddressLimit}, {"ClientLimit", p.ClientLimit}} {
		if l.limit.Count < 1 || l.limit.Within <= 0 {
			f.add(field+"."+l.name, "want a count and a time above zero, have %d within %v", l.limit.Count,
				l.limit.Within)
		}
	}
}

const maxCodeAge = 10 * time.Minute
