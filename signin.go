package cardea

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/uuid"
	"github.com/cardea-auth/cardea/oauth"
)

// identity is what has been proven about a person who is about to be signed in. Every way to sign
// in makes one. The fields of the last group are about the browser, and are filled in by
// completion.do.
type identity struct {
	// user is the user, if a check of the application names one, and otherwise nil. With an adapter
	// only the ID counts, and the row is read. Profile is then nil, and becomes that of the row.
	user *User

	profile     *oauth.Profile
	account     *Account
	methods     []string                                   // how the person has proven it, for Session.Methods
	startedBy   string                                     // id of the user who was signed in when the flow began
	linkByEmail bool                                       // the application trusts the provider with addresses
	adopt       func(context.Context, *User) (bool, error) // see EmailProvider.Adopt; may be nil
	callbackURL string                                     // where the visitor goes afterwards
	answer      linkAnswer                                 // what the visitor has said about a link
	by          string                                     // id of the method that has proven it, "" for code
	feature     string                                     // id of the feature that has proven it; "" for none

	confirms string    // id of the user who confirms who they are, and is signed in; "" for a sign-in
	provenAt time.Time // when the person has proven it, if that is not now; zero for now
	isSilent bool      // nobody knows whether the provider has asked the person

	// verificationRequest says that nothing is proven yet: a visitor asks for a mail.
	verificationRequest bool

	// isAddress says that the person is identified by the e-mail address alone. The account is then
	// not stored.
	isAddress bool

	// notAdopted says that adopt has returned false.
	notAdopted bool

	// once is what has proven the person, if it is used up with the sign-in; nil for anything else.
	once *singleUse

	// within runs in the transaction, after the user is stored; may be nil.
	within func(context.Context, *User) error

	// onlyRequired says that the store has refused a row, so it gets only what it must have.
	onlyRequired bool

	pending *pendingSignIn // that this identity finishes; nil for a first proof
	holds   *pendingSignIn // that it becomes, because a condition holds it; nil for none
	counted string         // id of the user among whose sign-ins that wait this one counts; "" for nobody

	cookie  sessionCookie // of the session that the browser has now
	session *Session      // that session; nil if nobody is signed in, or if it has ended meanwhile
	token   string        // of the new session, with StrategyDatabase
	order   int64         // of the sign-in among the JWT sign-ins of this process; see signInOrder
	opened  Session       // what the new session knows about the sign-in; see exchange.openedSession
}

// openAs returns what the new session of a user knows about the sign-in. If the user was signed in
// before, the session is not newer than what was proven now or before, and a confirmation moves no
// end of a lifetime. An account that is linked to the session proves nothing about its user.
func (id *identity) openAs(u *User, config SessionConfig) Session {
	opened, now, before := id.opened, id.cookie.now, id.session
	if !id.provenAt.IsZero() {
		opened.AuthTime = id.provenAt
	}
	if before == nil || before.UserID != u.ID {
		return opened
	}
	if id.isSilent || id.answer == allowsLink || before.AuthTime.After(opened.AuthTime) {
		opened.AuthTime = before.AuthTime
	}
	if id.confirms != "" {
		opened.CreatedAt = config.begin(before, now)
		opened.Expires = config.within(opened.CreatedAt, opened.Expires)
	}
	return opened
}

// forgetTwoFactors takes back what the provider has said about two factors. They protect the
// account there, and say nothing about a user to whom that account did not belong.
func (id *identity) forgetTwoFactors() {
	id.methods = slices.DeleteFunc(slices.Clone(id.methods), func(m string) bool { return m == methodMulti })
	id.opened.Methods, id.opened.Level = id.methods, levelOf(id.methods)
}

// namedIdentity returns the identity of a user whom a check of the application names. The account
// is not stored.
func namedIdentity(u *User, provider string) identity {
	return identity{
		user:    u,
		account: &Account{UserID: u.ID, Type: TypeCredentials, Provider: provider, ProviderAccountID: u.ID},
	}
}

// storesAccount reports whether the account is stored.
func (id identity) storesAccount() bool { return id.user == nil && !id.isAddress }

// provesEmail reports whether the profile's e-mail address is proven to be the person's: by a mail,
// or by a provider that has verified it and that the application trusts with addresses. The word of
// any other provider stays in the profile. It proves nothing, because anybody may be able to sign
// in there with a stranger's address.
func (id identity) provesEmail() bool {
	return (id.isAddress || id.linkByEmail) && id.profile.EmailVerified
}

// setEmailVerified sets when the address of a new user was proven, if it is.
func (id identity) setEmailVerified(u *User) {
	if id.provesEmail() {
		u.EmailVerified = id.cookie.now
	}
}

// newUser returns the user of the profile, who is not stored yet.
func (id identity) newUser() *User {
	if id.onlyRequired {
		return &User{Email: id.profile.Email}
	}
	return &User{Name: id.profile.Name, Email: id.profile.Email, Image: id.profile.Image}
}

// storedAccount returns the account as it is stored.
func (id identity) storedAccount() Account {
	account := *id.account
	if id.onlyRequired {
		account = Account{
			Type: account.Type, Provider: account.Provider, ProviderAccountID: account.ProviderAccountID,
			Entity: account.Entity,
		}
	}
	return account
}

// ephemeralID is the id of a user without an adapter: the same at each sign-in, and another one for
// the same account id at another provider.
func (id identity) ephemeralID() string {
	return uuid.NewSHA256(id.account.Provider + "\x00" + id.account.ProviderAccountID)
}

// signInResult is what a sign-in has changed.
type signInResult struct {
	SignIn
	session *Session // the new session
	opened  Session  // what it knows about the sign-in
	created bool     // the user was created
	updated []*User  // users whose rows were changed
	linked  bool     // the account was linked

	// newlyVerified says that this sign-in has proven the address of an existing user for the first
	// time. All other sessions of the user then end, because another person may have opened them.
	newlyVerified bool
}

// signIn signs the person in, and sends the visitor on.
func (e *exchange) signIn(id identity) error {
	res, to, err := completion{e}.do(id)
	if question, ok := errors.AsType[*linkQuestion](err); ok {
		return questions{e}.ask(id, question.current)
	}
	if err != nil {
		return err
	}
	if to == "" {
		to = completion{e}.target(res, id)
	}
	return e.redirect(to)
}

// completion is the end of every sign-in.
type completion struct{ *exchange }

// do signs the person in: it asks the application, writes user, account and session in one
// transaction, calls the events, and sets the cookie of the new session. The session that the
// browser had before ends, which prevents session fixation. If redirect is not empty, nobody is
// signed in, and the visitor goes there.
func (e completion) do(id identity) (res *signInResult, redirect string, err error) {
	ctx := e.r.Context()
	e.completes = true
	id.cookie, id.token, id.opened = e.sessionCookie(), randomToken(), e.openedSession(id.methods)
	id.order = cmp.Or(id.order, e.auth.nextSignIn(e.now))
	if id.session, err = e.auth.readSession(ctx, id.cookie); err != nil {
		return nil, "", err
	}
	if id.answer == isSomebodyElse {
		id.session = nil // the sign-in ends it all the same
	}
	res, to, err := e.auth.users.resolve(withExchange(ctx, e.exchange), &id, e.auth.ask)
	if err != nil {
		return nil, "", err
	}
	id.once.forget(ctx)
	if id.holds != nil {
		return nil, id.holds.at, e.hold(ctx, res, id)
	} else if to != "" {
		return nil, e.redirectTarget(to), nil
	}
	e.announce(ctx, res)
	if id.pending == nil {
		id.order = max(id.order, e.order) // as in hold
	} else {
		res.IsNewUser = res.IsNewUser || id.pending.isNew
	}
	if id.counted != "" {
		e.auth.counter.give(ctx, pendingBudget(id.counted))
	}
	pendings(e).clear()
	if err := e.startSession(ctx, res, id); err != nil {
		return nil, "", err
	}
	e.renewCSRF() // a token that somebody learned before the sign-in is useless afterwards
	if event := e.auth.config.Events.SignIn; event != nil {
		event(aboutUser(ctx, e.auth, res.User, res.session), &res.SignIn)
	}
	e.auth.log.InfoContext(ctx, "cardea: signed in", "user", res.User.ID, "provider", res.Account.Provider,
		"new", res.IsNewUser, "remote", e.remote())
	return res, "", nil
}

// hold gives the browser a sign-in that waits, and the store has already.
func (e completion) hold(ctx context.Context, res *signInResult, id identity) error {
	e.announce(ctx, res)
	hostTokens{&Host{auth: e.auth}}.purgeLater()
	if id.pending == nil {
		id.order = max(id.order, e.order) // Proof.Within may have ended all earlier ones
	} else {
		id.holds.isNew = id.holds.isNew || id.pending.isNew
	}
	e.auth.log.InfoContext(ctx, "cardea: sign-in waits for another proof", "user", res.User.ID, "provider",
		res.Account.Provider, "remote", e.remote())
	return pendings(e).keep(id, id.holds)
}

// openedSession returns what a session that begins now knows about its sign-in.
func (e *exchange) openedSession(methods []string) Session {
	config := e.auth.config.Session
	client, _ := e.auth.origins.proxies.trace(e.r)
	return Session{
		Expires: e.now.Add(config.MaxAge), Methods: methods, Level: levelOf(methods),
		AuthTime: e.now, CreatedAt: e.now, SeenAt: e.now,
		IP: config.recordedIP(client), UserAgent: userAgent(e.r.UserAgent()),
	}
}

// askApplication asks the application about an identity that is not proven yet: a visitor asks for
// a mail.
func (e *exchange) askApplication(ctx context.Context, id identity) (redirect string, err error) {
	if e.auth.config.Callbacks.SignIn == nil {
		return "", nil
	}
	if id.session, err = e.auth.readSession(ctx, e.sessionCookie()); err != nil {
		return "", err
	}
	p, err := e.auth.users.plan(ctx, &id)
	if err != nil {
		return "", storeError("find the user", err)
	}
	return e.auth.ask(ctx, &id, p)
}

// ask calls Callbacks.SignIn and then, if the person is proven, the conditions of features. Each
// may refuse the person or redirect them.
func (a *Auth) ask(ctx context.Context, id *identity, p plan) (redirect string, err error) {
	id.holds = nil
	if allow := a.config.Callbacks.SignIn; allow != nil {
		in := p.signIn(id, id.account)
		redirect, err = allow(aboutUser(ctx, a, p.user, nil), &in)
		if err != nil {
			return "", applicationError(CodeAccessDenied, "Callbacks.SignIn", err)
		}
	}
	if redirect != "" || id.verificationRequest {
		return redirect, nil
	}
	return a.features.askFirst(ctx, id, p)
}

// announce calls the events, and the features, for what was stored.
func (e completion) announce(ctx context.Context, res *signInResult) {
	events, about := e.auth.config.Events, aboutUser(ctx, e.auth, res.User, nil)
	if res.linked && !res.created { // first, so that an event that panics loses no notice
		for _, linked := range e.auth.features.onLink {
			linked(withExchange(about, e.exchange), res.Account.Provider)
		}
	}
	if res.created && events.CreateUser != nil {
		events.CreateUser(about, res.User)
	}
	if events.UpdateUser != nil {
		for _, u := range res.updated {
			events.UpdateUser(aboutUser(ctx, e.auth, u, nil), u)
		}
	}
	if res.linked && events.LinkAccount != nil {
		events.LinkAccount(about, res.User, res.Account, res.Profile)
	}
}

// startSession sets the cookie of the new session. A JWT session is made here; a database session
// exists already.
func (e completion) startSession(ctx context.Context, res *signInResult, id identity) error {
	value := id.token
	if jwt := e.auth.jwt; jwt != nil {
		err := jwt.end(ctx, id.cookie)
		if err != nil {
			return err
		}
		value, res.session, err = jwt.create(aboutUser(ctx, e.auth, res.User, nil), res, id)
		if err != nil {
			return err
		}
	}
	if value == "" {
		e.jar.ClearSession()
		return nil
	}
	return e.setSession(value, res.session)
}

// target is the URL to which the visitor goes: the callback URL or, for a new user, the
// application's page for new users if there is one.
func (e completion) target(res *signInResult, id identity) string {
	to := e.redirectTarget(id.callbackURL)
	if page := e.auth.config.Pages.NewUser; page != "" && res.IsNewUser {
		return withQuery(e.absolute(page), "callbackUrl", to)
	}
	return to
}
