package password

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Options configure passwords. From and Sender are required.
type Options struct {
	// From is the sender of the mails, such as "Example <no-reply@example.com>".
	From string

	// Sender delivers the mails, after the answer to the request.
	Sender email.Sender

	// Compose writes the mails, for example with HTML. It sets Subject, Text and HTML;
	// the rest is set afterwards. It may be called concurrently. Defaults to [Compose].
	Compose func(ctx context.Context, m Mail) (email.Message, error)

	// NoSignUp says that nobody can sign up. Users then come from elsewhere, and choose a password
	// by the page for a forgotten one. A user who never proved the address and can sign in in
	// another way cannot: a stranger may have registered it. So set [cardea.User].EmailVerified of
	// users whom you import with a password. Defaults to false.
	NoSignUp bool

	// SignUpLimit is how often one client may ask to sign up; see docs/limits.md for what a client
	// is. Defaults to 10 in an hour.
	SignUpLimit ratelimit.Rate

	// Fields are asked for at the sign-up, beside name and address. What was typed is not stored:
	// a new user is made with it, by [cardea.BeforeCreate], which gets it as Profile.Raw by name.
	// Together with the name, as JSON, they have at most 400 bytes, because they are sealed in the
	// link of the mail. They must be no secrets. Defaults to none.
	Fields []cardea.Field

	// Pages are the application's own pages. Defaults to the built-in ones.
	Pages Pages

	// Policy says which new passwords are accepted. Each field has a default.
	Policy Policy

	// Hashing says how passwords are hashed, and which hashes of other systems are accepted. Each
	// field has a default.
	Hashing passwordhash.Options
}

// Feature is sign-in with passwords, for [cardea.Config].Providers. It is safe for concurrent use
// after [cardea.New].
type Feature struct {
	options Options
	host    *cardea.Host
	store   Store
	hasher  *passwordhash.Hasher
	checker *Checker
}

// New returns the feature. [cardea.New] reports what is wrong with o. It needs an Adapter that is a
// [Store] and a [cardea.TokenStore].
func New(o Options) *Feature { return &Feature{options: o} }

// FeatureID returns "password", which is the id of the way to sign in too.
func (f *Feature) FeatureID() string { return featureID }

// ProviderID returns "password".
func (f *Feature) ProviderID() string { return featureID }

const (
	featureID = "password"

	pathSignUp = "password/signup"
	pathForgot = "password/forgot"
	pathChoose = "password/choose"
	pathChange = "password/change"
	pathSet    = "password/set"

	freshness = 15 * time.Minute // of the proof of a user who sets a first password
)

// Install implements [cardea.Feature].
func (f *Feature) Install(h *cardea.Host) error {
	var ok bool
	if f.store, ok = feature.StoreOf[Store](h.Adapter()); !ok {
		return fmt.Errorf("needs an Adapter that is a password.Store, have %T", h.Adapter())
	}
	f.host = h
	if err := f.prepare(); err != nil {
		return err
	}
	h.Tokens(kindReset, kindSignUp)
	translate := translateForm(!f.options.NoSignUp)
	h.Offer(translate(feature.Way{ID: featureID, Name: "Password", Finish: f.signIn, Translate: translate}, nil))
	f.handlePages()
	h.Rows(feature.Rows{
		Delete: f.store.DeletePassword, HasCredential: f.Has, Export: f.export, Revoke: removal{f}.revoke,
	})
	h.Section(feature.Section{Order: 20, ID: featureID, Content: f.section, Fault: sectionFault})
	return nil
}

// handlePages adds the endpoints: for each page a GET that shows a form, and the POST of the form.
func (f *Feature) handlePages() {
	anybody := feature.Rule{Visitor: feature.VisitorAnybody, Limit: 60, Within: time.Hour}
	signedIn := feature.Rule{Visitor: feature.VisitorSignedIn, Limit: 60, Within: time.Hour}
	if !f.options.NoSignUp {
		signUp := anybody
		signUp.Limit, signUp.Within = f.options.SignUpLimit.Count, f.options.SignUpLimit.Within
		f.handle(pathSignUp, signUp, f.showSignUp, f.signUp)
	}
	f.handle(pathForgot, anybody, f.showForgot, f.forgot)
	f.handle(pathChoose, anybody, f.showChoose, f.choose)
	f.handle(pathChange, signedIn, nil, f.change)
	signedIn.Fresh = freshness
	f.handle(pathSet, signedIn, nil, f.set)
	f.handle(pathRemove, signedIn, nil, removal{f}.remove)
}

func (f *Feature) handle(path string, rule feature.Rule, show, post feature.Handler) {
	rule.Path = path
	if show != nil {
		get := rule
		get.Method, get.Sender, get.Limit, get.Within = "GET", feature.SenderAnybody, 0, 0
		f.host.Handle(get, show)
	}
	rule.Own = f.options.Pages.of(path)
	rule.Method, rule.Sender, rule.Successes = "POST", feature.SenderOwnPage, successes[path]
	f.host.Handle(rule, post)
}

// prepare makes what the options describe.
func (f *Feature) prepare() (err error) {
	o := &f.options
	if o.Compose == nil {
		o.Compose = func(_ context.Context, m Mail) (email.Message, error) { return Compose(m), nil }
	}
	if o.SignUpLimit == (ratelimit.Rate{}) {
		o.SignUpLimit = ratelimit.Rate{Count: 10, Within: time.Hour}
	}
	faults := signUpFields(o.Fields).faults()
	if o.SignUpLimit.Count < 1 || o.SignUpLimit.Within <= 0 {
		faults = append(faults, fmt.Errorf("Options.SignUpLimit: want a count and a time above zero, have %d within %v",
			o.SignUpLimit.Count, o.SignUpLimit.Within))
	}
	if _, err := mail.ParseAddress(o.From); err != nil {
		faults = append(faults, fmt.Errorf("Options.From: want an address such as \"Example <no-reply@example.com>\", "+
			"have %q", o.From))
	}
	if o.Sender == nil {
		faults = append(faults, errors.New("Options.Sender: is nil; set an *email.SMTP, an *email.Service or another"))
	}
	if f.hasher, err = passwordhash.New(o.Hashing); err != nil {
		faults = append(faults, fmt.Errorf("Options.Hashing.%w", err))
	}
	if f.checker, err = o.Policy.Checker(); err != nil {
		faults = append(faults, fmt.Errorf("Options.Policy.%w", err))
	}
	return errors.Join(faults...)
}
