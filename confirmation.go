package cardea

import (
	"context"
	"errors"
	"html/template"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
)

// confirmation is how somebody who is signed in confirms who they are, for [Auth.RequireFresh]: GET
// confirm shows the ways, and POST confirm begins one of them.
type confirmation struct{ *exchange }

// confirmingMethod is a [signInMethod] with which somebody who is signed in can confirm.
type confirmingMethod interface {
	signInMethod

	// canConfirm reports whether a user, who has these accounts, can.
	canConfirm(e *exchange, u *User, accounts []*Account) bool

	// confirm begins it.
	confirm(e *exchange, u *User) error
}

// levelParam is the query parameter with the level that a page demands.
const levelParam = "level"

// getConfirm shows the ways in which the visitor can confirm. It begins none: anybody can make a
// browser open a link.
func getConfirm(e *exchange) error {
	c := confirmation{e}
	s, u, err := c.visitor()
	if err != nil {
		return err
	}
	again := withQuery(e.signInPage(), "callbackUrl", e.callbackURL, "error", string(codeSessionRequired))
	if u == nil {
		return e.redirect(again)
	}
	path, err := e.auth.features.confirmsAt(aboutSession(e.r.Context(), e.auth, s), u.ID)
	if err != nil {
		return err
	}
	own := e.auth.config.Pages.Confirm
	if path != "" && own != "" {
		return c.open(own, path, nil)
	} else if path != "" {
		return e.redirect(withQuery(e.endpoint("/"+path), "callbackUrl", e.callbackURL))
	}
	if e.query(levelParam) == "2" { // no other way raises the level
		return e.redirect(again)
	}
	ways, hasPassword, err := c.ways(u)
	if err != nil {
		return err
	}
	if len(ways) == 0 && hasPassword {
		return e.redirect(again)
	}
	if own != "" {
		return c.open(own, "", ways)
	}
	return c.show(ways, hasPassword, again)
}

// open leads to the application's page. Its parameters are what the built-in page would show: the
// endpoint of a feature at which the user confirms with a code, or else the ways.
func (e confirmation) open(own, endpoint string, ways []confirmingMethod) error {
	to, err := url.Parse(withQuery(e.absolute(own), "callbackUrl", e.callbackURL, "error", e.query("error"),
		"endpoint", endpoint))
	if err != nil {
		return err
	}
	query := to.Query()
	for _, m := range ways {
		query.Add("provider", m.info().id)
	}
	to.RawQuery = query.Encode()
	return e.redirect(to.String())
}

// show writes the page.
func (e confirmation) show(ways []confirmingMethod, hasPassword bool, again string) error {
	t := languageOf(e.exchange)
	p := feature.Page{Title: t.Text("again.heading"), Text: []string{t.Text("again.text")}}
	if e.query("error") != "" {
		p.Error = t.Text("again.wrong")
	}
	for _, m := range ways {
		p.Forms = append(p.Forms, feature.Form{
			Path: "confirm", Hidden: map[string]string{"provider": m.info().id},
			Button: page.WayText(t, "again.with", m.info().name),
		})
	}
	switch {
	case hasPassword:
		p.HTML = linkHTML(again, t.Text("again.signin"))
	case len(ways) == 0:
		p.Text = []string{t.Text("again.none")}
		p.HTML = linkHTML(withQuery(e.signOutPage(), "callbackUrl", e.callbackURL), t.Text("again.signout"))
	}
	return featurePage(e).write(p.Title, featurePage(e).part("", p))
}

// linkHTML is a link of a page.
func linkHTML(to, text string) template.HTML {
	return template.HTML(`<p class="lead"><a href="` + template.HTMLEscapeString(to) + `">` +
		template.HTMLEscapeString(text) + `</a></p>`)
}

// postConfirm begins one of the ways. It is asked whether the way is the visitor's, because the
// form may be an old one.
func postConfirm(e *exchange) error {
	c := confirmation{e}
	_, u, err := c.visitor()
	if err != nil {
		return err
	}
	if u == nil {
		return e.redirectToSignIn()
	}
	ways, _, err := c.ways(u)
	if err != nil {
		return err
	}
	for _, m := range ways {
		if m.info().id == e.form["provider"] {
			return m.confirm(e, u)
		}
	}
	return e.redirect(withQuery(e.endpoint("/confirm"), "callbackUrl", e.callbackURL))
}

// visitor returns the session of the visitor and its user, nil if nobody is signed in.
func (e confirmation) visitor() (*Session, *User, error) {
	s, err := e.currentSession()
	if err != nil || s == nil {
		return nil, nil, err
	}
	u, err := e.auth.users.currentUser(e.r.Context(), &identity{session: s})
	return s, u, storeError("read the user", err)
}

// ways returns the ways in which a user can confirm: the providers of the user's accounts that can
// ask again, and mail if the address is proven. HasPassword says that there are credentials, with
// which the user can sign in again.
func (e confirmation) ways(u *User) (ways []confirmingMethod, hasPassword bool, err error) {
	ctx, adapter := e.r.Context(), e.auth.config.Adapter
	if adapter == nil {
		return nil, true, nil
	}
	accounts, err := adapter.Accounts(ctx, u.ID)
	if err != nil {
		return nil, false, storeError("read the accounts", err)
	}
	for _, m := range e.auth.methods {
		if m, ok := m.(confirmingMethod); ok && m.canConfirm(e.exchange, u, accounts) {
			ways = append(ways, m)
		}
	}
	if hasPassword = e.auth.users.storesCredentials; !hasPassword {
		hasPassword, err = e.auth.features.hasCredential(ctx, u.ID)
	}
	return ways, hasPassword, storeError("read the credentials", err)
}

// canConfirm reports whether the user has an account at the provider, and the provider can ask
// again. One that does not answer cannot.
func (m *oauthMethod) canConfirm(e *exchange, _ *User, accounts []*Account) bool {
	if !slices.ContainsFunc(accounts, func(a *Account) bool { return a.Provider == m.ID }) {
		return false
	}
	can, err := m.client.CanConfirm(e.r.Context())
	if err != nil {
		e.auth.log.WarnContext(e.r.Context(), "cardea: a provider is not offered for a confirmation", "provider", m.ID,
			"cause", err)
	}
	return can
}

// confirm begins a flow in which the provider asks the person.
func (m *oauthMethod) confirm(e *exchange, u *User) error {
	state := newFlowState(m.Provider, e.callbackURL, u.ID, e.now)
	state.Confirms = true
	return m.begin(e, state)
}

// canConfirm reports whether the way sends mails, and the user has proven an address.
func (m *wayMethod) canConfirm(_ *exchange, u *User, _ []*Account) bool {
	return m.way.Mailed != nil && u.Email != "" && !u.EmailVerified.IsZero()
}

// confirm sends a mail to the user. Whoever gets it signs in as the user again.
func (m *wayMethod) confirm(e *exchange, u *User) error {
	e.provider, e.form = m.way.ID, map[string]string{"email": u.Email}
	return m.signIn(e)
}

// answer ends a confirmation at a provider. If it has failed, the visitor is still signed in as
// before, and can choose another way.
func (e confirmation) answer(err error) error {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Code == codeAdapter || failure.Code == CodeRateLimited {
		return err
	}
	e.logFailure(err)
	page := withQuery(e.endpoint("/confirm"), "callbackUrl", e.callbackURL)
	return e.redirect(withQuery(page, "error", string(CodeAccessDenied)))
}

// checkConfirmation returns an error if the person of a confirmation is not the user who is signed
// in.
func (id *identity) checkConfirmation(p plan) error {
	if id.confirms == "" ||
		p.decision == decisionSignIn && idOf(p.user) == id.confirms && idOf(p.current) == id.confirms {
		return nil
	}
	return fail(CodeAccessDenied, "a confirmation: it is not the person who is signed in")
}

// confirmer is an endpoint of a feature at which its users confirm.
type confirmer struct {
	path string
	has  func(ctx context.Context, userID string) (bool, error)
}

// confirmsAt returns the path at which a user confirms with something of a feature, "" if there is
// none.
func (f *features) confirmsAt(ctx context.Context, userID string) (string, error) {
	for _, c := range f.confirmers {
		if has, err := c.has(ctx, userID); err != nil {
			return "", storeError("read what a user can confirm with", err)
		} else if has {
			return c.path, nil
		}
	}
	return "", nil
}
