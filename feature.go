package cardea

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
)

// Feature is a part of sign-in that lives in a package of its own, such as sign-in with a directory
// or a second factor. Package feature says how to write one; applications only list them in
// [Config.Features].
type Feature interface {
	// FeatureID names the feature in the faults of a configuration and in its cookies: lower-case
	// letters, digits, hyphens and underscores. No other feature of the site has the same.
	FeatureID() string

	// Install adds to h what the feature consists of. [New] calls it once. An error says what the
	// feature lacks, such as a method of the Adapter.
	Install(h *Host) error
}

// Host is the site, as a [Feature] sees it. [New] makes it. Addresses, Handle, Offer, Require,
// Rows, Section and Tokens are for Install alone. Everything else is for its requests, and safe for
// concurrent use: ctx is that of a request of the feature, or that of a condition of Require.
type Host struct {
	auth   *Auth
	id     string // of the feature
	field  string // of the configuration
	faults *configerr.List

	addresses *addresses // nil if the feature proves none
}

// features is what the features of a site consist of.
type features struct {
	conditions []func(ctx context.Context, in *SignIn) (redirect string, err error)
	rows       []featureRows
	confirmers []userEndpoint // where users confirm who they are
	enrollers  []userEndpoint // where users set up a second factor
	sections   []feature.Section
	ways       []*wayMethod      // to sign in, beside those of Config.Providers
	tokenKinds map[string]string // of single-use tokens, and the ids of their features
	successes  []feature.Success // of all endpoints
	addresses  []*addresses      // of the features and providers that prove some
	installed  []string          // ids

	onLink []func(ctx context.Context, provider string) // see feature.Users.OnLink
}

// featureRows are rows of a feature.
type featureRows struct {
	feature.Rows
	feature string // its id
}

// installFeatures installs the features of the configuration.
func installFeatures(a *Auth) error {
	faults := configerr.New("cardea: Config.")
	seen := map[string]bool{}
	for i, f := range a.config.Features {
		field := fmt.Sprintf("Features[%d]", i)
		if f == nil {
			faults.Add(field, "is nil")
			continue
		}
		id := f.FeatureID()
		if field += " (" + id + ")"; !providerIDPattern.MatchString(id) || seen[id] {
			faults.Add(field, "want an ID of lower-case letters, digits, - and _ that no other feature has, have %q",
				id)
		}
		seen[id] = true
		a.features.installed = append(a.features.installed, id)
		if err := f.Install(&Host{auth: a, id: id, field: field, faults: faults}); err != nil {
			faults.AddEach(field, err)
		}
	}
	if len(a.features.sections) > 0 {
		a.routes = append(a.routes, accountRoute(a))
	}
	pages, err := newPages(a, func(t *language.Texts) []page.Provider {
		buttons := a.config.buttons(t)
		for _, m := range a.features.ways {
			buttons = append(buttons, m.button(a.config.BasePath, t))
		}
		return buttons
	})
	if err != nil {
		faults.AddEach("Features", err)
	}
	a.pages = pages
	return faults.Err()
}

// Adapter returns Config.Adapter, which is nil if nothing is stored. A feature that needs more
// methods of it has an interface for them, and finds it in Install with [feature.StoreOf].
func (h *Host) Adapter() Adapter { return h.auth.config.Adapter }

// Theme returns Config.Theme, for mails in the look of the site.
func (h *Host) Theme() Theme { return h.auth.config.Theme }

// Now returns the current time.
func (h *Host) Now() time.Time { return h.auth.now() }

// Log returns Config.Logger. Log no token, code, secret or address.
func (h *Host) Log() *slog.Logger { return h.auth.log }

var successPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

var pathPattern = regexp.MustCompile(`^[a-z0-9_-]+(/[a-z0-9_-]+)*$`)

// reservedActions are the first parts of paths that a feature cannot have: those of Cardea and of
// Auth.js.
var reservedActions = []string{
	"providers", "session", "csrf", "signin", "callback", "signout", "verify-request", "error", "_log", "link",
	"confirm",
	"webauthn-options",
}

// accountPath is the path of the account page. What comes below it is for the sections of the page.
const accountPath = "account"

// Handle adds an endpoint. Requests reach serve after they have kept the rule, and no other
// requests do. A rule that does not say everything is a fault of the configuration. With
// VisitorSignedIn, [SessionFrom] and [UserAs] say who is signed in.
func (h *Host) Handle(rule feature.Rule, serve feature.Handler) {
	field := h.field + ": endpoint " + rule.Method + " " + rule.Path
	checkRule(rule, func(format string, args ...any) { h.faults.Add(field, format, args...) })
	if serve == nil {
		h.faults.Add(field, "has no handler")
	}
	for _, t := range h.auth.routes {
		if t.path == rule.Path && t.method == rule.Method {
			h.faults.Add(field, "exists already")
		}
	}
	ownPages{h.auth}.check(rule, func(format string, args ...any) {
		h.faults.Add(h.field+": "+rule.Own.Option, format, args...)
	})
	if f := &h.auth.features; rule.Confirms != nil {
		f.confirmers = append(f.confirmers, userEndpoint{rule.Path, rule.Confirms})
	}
	if f := &h.auth.features; rule.Enrols != nil {
		f.enrollers = append(f.enrollers, userEndpoint{rule.Path, rule.Enrols})
	}
	h.auth.features.successes = append(h.auth.features.successes, rule.Successes...)
	e := featureEndpoint{host: h, rule: rule, handler: serve}
	h.auth.routes = append(h.auth.routes, route{
		method: rule.Method, action: rule.Path, path: rule.Path, csrf: rule.Sender == feature.SenderOwnPage,
		shared: rule.JSON || rule.Method == http.MethodPost, json: rule.JSON, serve: e.serve,
	})
}

// checkRule calls add with what is wrong with a rule.
func checkRule(r feature.Rule, add func(format string, args ...any)) {
	action, _, _ := strings.Cut(r.Path, "/")
	isPost, signedIn := r.Method == http.MethodPost, r.Visitor == feature.VisitorSignedIn
	switch {
	case !isPost && r.Method != http.MethodGet:
		add("want Rule.Method GET or POST, have %q", r.Method)
	case isPost && signedIn && r.Sender == feature.SenderAnybody:
		add("a POST of a visitor who is signed in needs Rule.Sender SenderOwnPage")
	case !isPost && r.Sender == feature.SenderOwnPage:
		add("a GET has no CSRF token; want Rule.Sender SenderAnybody")
	}
	if !pathPattern.MatchString(r.Path) || slices.Contains(reservedActions, action) || r.Path == accountPath {
		add("want a Rule.Path such as qr/approve that does not begin with an endpoint of Cardea, have %q", r.Path)
	}
	if r.Sender != feature.SenderOwnPage && r.Sender != feature.SenderAnybody {
		add("Rule.Sender is missing")
	}
	if !signedIn && r.Visitor != feature.VisitorAnybody {
		add("Rule.Visitor is missing")
	}
	if r.Fresh < 0 || r.Level < 0 || r.Level > 2 || (r.Fresh > 0 || r.Level > 0) && !signedIn {
		add("want Rule.Fresh of 0 or more and Rule.Level of 0 to 2, both only with VisitorSignedIn")
	}
	if (r.Confirms != nil || r.Enrols != nil) && (isPost || !signedIn) {
		add("Rule.Confirms and Rule.Enrols are for a GET with VisitorSignedIn")
	}
	for _, s := range r.Successes {
		if !successPattern.MatchString(s.Value) {
			add("want a Rule.Successes of lower-case letters, digits and underscores, have %q", s.Value)
		}
	}
	if r.Limit < 0 || r.Within < 0 || (r.Limit > 0) != (r.Within > 0) {
		add("want both Rule.Limit and Rule.Within, or neither")
	}
}

// Offer adds a way to sign in, after those of Config.Providers.
func (h *Host) Offer(w feature.Way) {
	m := &wayMethod{host: h, way: w}
	field := h.field + ": way " + w.ID
	if !providerIDPattern.MatchString(w.ID) || h.auth.method(w.ID) != nil {
		h.faults.Add(field, "want an ID of lower-case letters, digits, - and _ that no provider has, have %q", w.ID)
	}
	if w.Name == "" {
		h.faults.Add(field, "has no Name")
	}
	if w.Start == nil && w.Finish == nil {
		h.faults.Add(field, "has neither Start nor Finish")
	}
	if w.Mailed != nil && (w.Start == nil || w.Finish == nil || len(w.Fields) > 0) {
		h.faults.Add(field, "has Mailed; it then needs Start and Finish, and no Fields")
	}
	checkFields(w.Fields, field+": Fields", h.faults)
	checkMessages(w.Messages, field+": Messages", h.faults)
	h.auth.methods = append(h.auth.methods, m)
	h.auth.features.ways = append(h.auth.features.ways, m)
}

// Require adds a condition that every sign-in must meet before a session is made, whatever the way
// in. It is called like [Callbacks.SignIn], after it has let the person in. If redirect is not
// empty, nobody is signed in, and the visitor goes there: a path or URL of this site. An error
// denies the sign-in. [SignIn].Methods are what the person has proven.
//
// It is called again in the transaction that stores the sign-in, which its ctx carries, under the
// lock of the user. What it goes by may have changed. If the answer is another one, the sign-in
// starts over. So let it read with ctx and write nothing, and let whatever changes what it goes by
// lock the user, with [Host.EndSessions] or [Adapter].LockUser. It may be called concurrently.
func (h *Host) Require(condition func(ctx context.Context, in *SignIn) (redirect string, err error)) {
	h.auth.features.conditions = append(h.auth.features.conditions, condition)
}

// Rows adds rows that the feature keeps for users.
func (h *Host) Rows(r feature.Rows) {
	if r.Delete == nil || h.auth.config.Adapter == nil {
		h.faults.Add(h.field, "has Rows without Delete, or without an Adapter")
		return
	}
	h.auth.features.rows = append(h.auth.features.rows, featureRows{r, h.id})
}

// Section adds a section to the account page.
func (h *Host) Section(s feature.Section) {
	if !providerIDPattern.MatchString(s.ID) || s.Content == nil ||
		slices.ContainsFunc(h.auth.features.sections, func(other feature.Section) bool { return other.ID == s.ID }) {
		h.faults.Add(h.field, "want a Section with Content and an ID of its own, have %q", s.ID)
		return
	}
	h.auth.features.sections = append(h.auth.features.sections, s)
}

// deleteRows deletes the rows of a user. If credentials is true, it deletes the credentials alone.
func (f *features) deleteRows(ctx context.Context, userID string, credentials bool) error {
	for _, r := range f.rows {
		if credentials && r.HasCredential == nil {
			continue
		}
		if err := r.Delete(ctx, userID); err != nil {
			return err
		}
	}
	return nil
}

// hasCredential reports whether a user can sign in with the rows of a feature.
func (f *features) hasCredential(ctx context.Context, userID string) (bool, error) {
	for _, r := range f.rows {
		if r.HasCredential == nil {
			continue
		}
		if has, err := r.HasCredential(ctx, userID); has || err != nil {
			return has, err
		}
	}
	return false, nil
}
