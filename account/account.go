// Package account is the page where people look after their account: GET account below the base
// path. It shows who they are to the site, how they can sign in, and where they are signed in. They
// can remove a way in, sign out other devices, export what is kept about them, and delete the
// account.
//
//	auth, err := cardea.New(cardea.Config{
//		…
//		Features: []cardea.Feature{account.New(account.Options{})},
//	})
//
// The page has no script. Other features, such as passwords, add their sections to the same page.
// An application with a page of its own sets [cardea.Pages].Account, and posts to the endpoints
// that the functions of this package name.
//
// # Security notes
//
// Every form has a CSRF token. Whoever removes a way in, exports or deletes must have signed in
// within the last 15 minutes ([Options].Fresh).
package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The sections of the page.
const (
	SectionProfile = "profile"  // name and address
	SectionAddress = "address"  // change of the address, if Options.Sender is set
	SectionSignIns = "sign-ins" // accounts at providers, with a button to remove each
	SectionDevices = "devices"  // sessions, with a button to end each
	SectionExport  = "export"   // a file with what is kept about the person
	SectionDelete  = "delete"   // deletion of the account
)

// The paths of the forms of the sections.
const (
	pathUnlink    = "account/unlink"
	pathEnd       = "account/end-session"
	pathEndOthers = "account/end-other-sessions"
	pathExport    = "account/export"
)

// Options configure the page. All fields are optional.
type Options struct {
	// Without are sections that the page does not have, with their endpoints: see the constants.
	// Defaults to none.
	Without []string

	// Fresh is how long ago somebody may have signed in who removes a way in, exports or deletes.
	// Defaults to 15 minutes.
	Fresh time.Duration

	// From is the sender of the mails about a change of the address, about accounts at providers
	// that are linked or removed, and about a deletion, such as "Example <no-reply@example.com>".
	// It is required with Sender.
	From string

	// Sender delivers these mails, after the answer to the request; the one about a deletion that
	// waits before that. It needs an Adapter that is a [DeletionStore] and a [cardea.TokenStore].
	// Defaults to a page on which the address cannot be changed, and to no mails.
	Sender email.Sender

	// Compose writes these mails, for example with HTML. It sets Subject, Text and HTML;
	// the rest is set afterwards. It may be called concurrently. Defaults to [Compose].
	Compose func(ctx context.Context, m Mail) (email.Message, error)

	// DeleteAfter is how long the deletion of an account can be taken back: a minute or more. In
	// this time the person can sign in, and the account page has a button for it. What is over
	// deletes [Feature.PurgeDeleted], which the application must call, once a day for example. It
	// needs an Adapter that is a [DeletionStore] and a [cardea.TokenStore]. Without Sender nobody
	// hears of it, and [cardea.New] warns. Defaults to 0: accounts are deleted at once.
	DeleteAfter time.Duration

	// AfterDelete is where the browser goes when the account is deleted: a path or URL of this
	// site. Defaults to "/".
	AfterDelete string
}

// Feature is the page. Make it with [New].
type Feature struct {
	options Options
	host    *cardea.Host
	sender  mail.Address  // Options.From; zero without Options.Sender
	list    DeletionStore // nil without Options.DeleteAfter and Options.Sender
}

// New returns the feature for [cardea.Config]. [cardea.New] reports what is wrong with o.
func New(o Options) *Feature {
	if o.Fresh == 0 {
		o.Fresh = 15 * time.Minute
	}
	if o.Compose == nil {
		o.Compose = func(_ context.Context, m Mail) (email.Message, error) { return Compose(m), nil }
	}
	if o.AfterDelete == "" {
		o.AfterDelete = "/"
	}
	return &Feature{options: o}
}

// FeatureID returns "account".
func (f *Feature) FeatureID() string { return "account" }

// Install adds the sections of the page and their endpoints.
func (f *Feature) Install(h *cardea.Host) error {
	f.host = h
	if h.Adapter() == nil {
		return errors.New("needs an Adapter: without one nothing is kept about people")
	}
	if f.options.Fresh < 0 {
		return errors.New("want Options.Fresh above zero")
	}
	if f.options.Sender != nil {
		from, err := mail.ParseAddress(f.options.From)
		if err != nil {
			return fmt.Errorf("Options.From: want an address such as \"Example <no-reply@example.com>\", have %q",
				f.options.From)
		}
		f.sender = *from
	}
	if err := (deletions{f}).install(); err != nil {
		return err
	}
	h.Users().OnLink(f.tellOfLink)
	sections := f.sections()
	var ids []string
	for _, s := range sections {
		ids = append(ids, s.ID)
	}
	for _, id := range f.options.Without {
		if !slices.Contains(ids, id) {
			return fmt.Errorf("Options.Without has %q, which is no section; there are %s", id, strings.Join(ids, ", "))
		}
	}
	for _, s := range sections {
		if slices.Contains(f.options.Without, s.ID) || s.ID == SectionAddress && f.options.Sender == nil {
			continue
		}
		s.Fault = func(ctx context.Context, code string) string { return faultText(language.Of(ctx), s.ID, code) }
		h.Section(s.Section)
		for path, post := range s.posts {
			h.Handle(f.rule(path, s.isFresh), post)
		}
		if s.ID == SectionAddress {
			if err := (addresses{f}).handle(); err != nil {
				return err
			}
		}
	}
	return nil
}

// section is a section of the page with its endpoints, by path.
type section struct {
	feature.Section
	isFresh bool // whether the endpoints need a sign-in of late
	posts   map[string]feature.Handler
}

// sections returns all sections. Those of other features come between, by [feature.Section].Order.
func (f *Feature) sections() []section {
	return []section{
		{Section: feature.Section{Order: -30, ID: SectionProfile, Content: f.profile}},
		{
			Section: feature.Section{Order: -25, ID: SectionAddress, Content: addresses{f}.section}, isFresh: true,
			posts: map[string]feature.Handler{pathAddress: addresses{f}.ask},
		},
		{
			Section: feature.Section{Order: -20, ID: SectionSignIns, Content: f.signIns}, isFresh: true,
			posts: map[string]feature.Handler{pathUnlink: f.unlink},
		},
		{
			Section: feature.Section{Order: 20, ID: SectionDevices, Content: f.devices},
			posts: map[string]feature.Handler{
				pathEnd: f.endSession, pathEndOthers: f.endOtherSessions,
			},
		},
		{
			Section: feature.Section{Order: 30, ID: SectionExport, Content: f.offerExport}, isFresh: true,
			posts: map[string]feature.Handler{pathExport: f.export},
		},
		{
			Section: feature.Section{Order: 40, ID: SectionDelete, Content: deletions{f}.section}, isFresh: true,
			posts: map[string]feature.Handler{pathDelete: f.delete},
		},
	}
}

// rule is the rule of an endpoint.
func (f *Feature) rule(path string, fresh bool) feature.Rule {
	r := feature.Rule{
		Method: http.MethodPost, Path: path, Sender: feature.SenderOwnPage, Visitor: feature.VisitorSignedIn,
		Limit: 60, Within: time.Hour, Successes: successes[path],
	}
	if fresh {
		r.Fresh = f.options.Fresh
	}
	return r
}

// back leads to a section of the account page, after something was done.
func (f *Feature) back(ctx context.Context, section, success string) error {
	return f.host.Redirect(ctx, f.host.URL(ctx, "account")+"?success="+success+"#"+section)
}
