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
	path, err := pathFor(aboutSession(e.r.Context(), e.auth, s), e.auth.features.confirmers, u.ID)
	if err != nil {
		return storeError("read what a user can confirm with", err)
	}
	own := e.auth.config.Pages.Confirm
	if path != "" && own != "" {
		return c.open(own, path, nil)
	} else if path != "" {
		return e.redirect(withQuery(e.endpoint("/"+path), "callbackUrl", e.callbackURL))
	}
	if e.query(levelParam) == "2" { // no other way raises the level
		return c.raise(s, u)
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

// raise leads a visitor for whom a page demands two factors, and who has nothing to confirm with,
// to the endpoint of a feature where the second is set up.
func (e confirmation) raise(s *Session, u *User) error {
	path, err := pathFor(aboutSession(e.r.Context(), e.auth, s), e.auth.features.enrollers, u.ID)
	switch {
	case err != nil:
		return storeError("read whether a user can set up a second factor", err)
	case path != "":
		return e.redirect(withQuery(e.endpoint("/"+path), "callbackUrl", e.callbackURL))
	}
	return e.showLevel(u)
}

// showLevel writes the page for a visitor who cannot prove a second factor here. A sign-in leads
// back to the page that demands it, and, if it does not prove two factors either, back here. So the
// visitor is told, and not led to it.
func (e confirmation) showLevel(u *User) error {
	cause := "the session does not say how its user has signed in: set Proof.Methods"
	if len(e.auth.features.enrollers) == 0 {
		cause = "no feature asks for a second factor: add package factor, or say with Proof.Methods or " +
			"TwoFactorAMR of a provider which sign-ins have two"
	}
	e.auth.log.WarnContext(e.r.Context(), "cardea: a page demands two factors, and the visitor cannot prove the second",
		"user", u.ID, aboutRequest(e.auth, e.r), "cause", cause)
	t := languageOf(e.exchange)
	p := feature.Page{Title: t.Text("again.heading"), Text: []string{t.Text("again.level")}}
	p.HTML = linkHTML(withQuery(e.signInPage(), "callbackUrl", e.callbackURL), t.Text("again.signin"))
	return featurePage(e).write(p.Title, featurePage(e).part("", p))
}

// show writes the page.
func (e confirmation) show(ways []confirmingMethod, hasPassword bool, again string) error {
	t := languageOf(e.exchange)
	p := feature.Page{Title: t.Text("again.heading"), Text: []string{t.Text("again.text")}}
	switch e.query("error") {
	case "":
	case string(CodeConfiguration):
		p.Error = t.Text("configuration.text")
	default:
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
			aboutRequest(e.auth, e.r), "cause", err)
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
	code := CodeAccessDenied
	if failure.Code.blamesSite() {
		code = CodeConfiguration
	}
	page := withQuery(e.endpoint("/confirm"), "callbackUrl", e.callbackURL)
	return e.redirect(withQuery(page, "error", string(code)))
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

// userEndpoint is an endpoint of a feature that is for certain users.
type userEndpoint struct {
	path  string
	isFor func(ctx context.Context, userID string) (bool, error)
}

// pathFor returns the path of the first endpoint that is for a user, "" if there is none.
func pathFor(ctx context.Context, endpoints []userEndpoint, userID string) (string, error) {
	for _, e := range endpoints {
		if is, err := e.isFor(ctx, userID); is || err != nil {
			return e.path, err
		}
	}
	return "", nil
}
