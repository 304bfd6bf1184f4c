package factor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
)

// Options configure the second factor. All fields are optional.
type Options struct {
	// Issuer is the name of the site, as authenticator apps show it. Defaults to its host.
	Issuer string

	// RequiredFor reports whether a user must have a second factor. One who has none sets up an app
	// before the sign-in is finished; a user of the first sign-in has no ID yet. It is called
	// before the transaction of a sign-in and, with the row as it is under the lock, in it. So let
	// it decide by the row: a query on another connection may find what was before. It may be
	// called concurrently. Defaults to nobody: who has a factor is asked for it.
	RequiredFor func(ctx context.Context, u *cardea.User) bool

	// Remember is for how long a browser may be remembered in which somebody has proven the second
	// factor and asked for that: a sign-in there is not asked for it, and its session has level 1.
	// It ends with every change of a factor or a password, and with EndSessions. Defaults to 0:
	// never.
	Remember time.Duration

	// Fresh is how long ago somebody may have signed in who changes factors. Defaults to 15
	// minutes.
	Fresh time.Duration

	// Sender delivers mails that tell users about changes of their factors. Defaults to no mails.
	Sender email.Sender

	// From is the sender of the mails, such as "Example <no-reply@example.com>". It is required
	// with Sender.
	From string

	// Compose writes the mails, for example with HTML. It sets Subject, Text and HTML;
	// the rest is set afterwards. It may be called concurrently. Defaults to [Compose].
	Compose func(ctx context.Context, m Mail) (email.Message, error)
}

// Feature is the second factor, for [cardea.Config].Features. It is safe for concurrent use after
// [cardea.New].
type Feature struct {
	options Options
	host    *cardea.Host
	store   Store
	now     func() time.Time // what the codes of apps go by
}

// New returns the feature. [cardea.New] reports what is wrong with o. It needs an Adapter that is a
// [Store] and a [cardea.TokenStore].
func New(o Options) *Feature {
	if o.Fresh == 0 {
		o.Fresh = 15 * time.Minute
	}
	if o.Compose == nil {
		o.Compose = func(_ context.Context, m Mail) (email.Message, error) { return Compose(m), nil }
	}
	return &Feature{options: o}
}

// FeatureID returns "factor".
func (f *Feature) FeatureID() string { return featureID }

const (
	featureID = "factor"

	pathStart   = "factor/start"          // begins an enrolment
	pathEnrol   = "factor/enrol"          // shows the secret, and confirms it
	pathRemove  = "factor/remove"         // removes a factor
	pathCodes   = "factor/recovery-codes" // shows new recovery codes once, and makes them
	pathConfirm = "factor/confirm"        // raises the level of a session

	pathChallenge = "factor/challenge" // asks for a code of an app in a sign-in
	pathRecovery  = "factor/recovery"  // asks for a recovery code in a sign-in
	pathRequired  = "factor/required"  // sets up an app in a sign-in

	// SectionID is the id of the section of the account page.
	SectionID = "second-factor"
)

// Install implements [cardea.Feature].
func (f *Feature) Install(h *cardea.Host) error {
	var ok bool
	if f.store, ok = feature.StoreOf[Store](h.Adapter()); !ok {
		return fmt.Errorf("needs an Adapter that is a factor.Store, have %T", h.Adapter())
	}
	f.host = h
	if f.now == nil {
		f.now = h.Now
	}
	if err := f.options.check(); err != nil {
		return err
	}
	fresh := feature.Rule{Visitor: feature.VisitorSignedIn, Fresh: f.options.Fresh, Limit: 60, Within: time.Hour}
	f.handle(pathStart, fresh, nil, f.atFullLevel(f.start))
	enrols := fresh
	enrols.Enrols = f.hasNone
	f.handle(pathStart, enrols, f.showStart, nil)
	f.handle(pathEnrol, fresh, f.showEnrolment, f.atFullLevel(f.enrol))
	f.handle(pathRemove, fresh, nil, f.atFullLevel(f.remove))
	f.handle(pathCodes, fresh, nil, f.atFullLevel(f.renewCodes))
	signedIn := feature.Rule{Visitor: feature.VisitorSignedIn, Limit: 60, Within: time.Hour}
	f.handle(pathCodes, signedIn, f.showCodes, nil)
	f.handle(pathConfirm, signedIn, nil, f.confirm)
	signedIn.Confirms = f.confirms
	f.handle(pathConfirm, signedIn, f.showConfirm, nil)
	anybody := feature.Rule{Visitor: feature.VisitorAnybody}
	c := challenges{f}
	f.handle(pathChallenge, anybody, c.showChallenge, c.challenge)
	f.handle(pathRecovery, anybody, c.showRecovery, c.recover)
	f.handle(pathRequired, anybody, c.showRequired, c.enrolRequired)
	h.Tokens(kindDevice)
	h.Require(c.condition)
	h.Rows(feature.Rows{Delete: f.store.DeleteFactors, Revoke: f.revoke, Export: f.export})
	h.Section(feature.Section{Order: 10, ID: SectionID, Content: f.section, Fault: sectionFault})
	return nil
}

// handle adds the endpoints of a path: a GET that shows a page, and the POST of its form.
func (f *Feature) handle(path string, rule feature.Rule, show, post feature.Handler) {
	rule.Path = path
	if show != nil {
		get := rule
		get.Method, get.Sender, get.Limit, get.Within = http.MethodGet, feature.SenderAnybody, 0, 0
		f.host.Handle(get, show)
	}
	if post != nil {
		rule.Method, rule.Sender, rule.Successes = http.MethodPost, feature.SenderOwnPage, successes[path]
		f.host.Handle(rule, post)
	}
}

// check returns what is wrong with the options.
func (o Options) check() error {
	var faults []error
	if o.Fresh < 0 {
		faults = append(faults, fmt.Errorf("Options.Fresh: want more than 0, have %v", o.Fresh))
	}
	if o.Remember < 0 {
		faults = append(faults, fmt.Errorf("Options.Remember: want 0 or more, have %v", o.Remember))
	}
	if o.Sender != nil {
		if _, err := mail.ParseAddress(o.From); err != nil {
			faults = append(faults, fmt.Errorf("Options.From: want an address such as \"Example "+
				"<no-reply@example.com>\", have %q", o.From))
		}
	}
	return errors.Join(faults...)
}
