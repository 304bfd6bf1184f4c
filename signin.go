package cardea

import (
	"context"

	"github.com/cardea-auth/cardea/internal/uuid"
	"github.com/cardea-auth/cardea/oauth"
)

// identity is a person whose identity is proven, and who is about to be signed in. Every way to
// sign in ends with one.
type identity struct {
	user        *User // who it is, if that is known already; nil lets account and profile decide
	profile     *oauth.Profile
	account     *Account
	startedBy   string                                     // id of the user who was signed in when the flow began
	linkByEmail bool                                       // see oauth.Provider.LinkByVerifiedEmail
	adopt       func(context.Context, *User) (bool, error) // see EmailProvider.Adopt; may be nil
	requested   bool                                       // nothing is proven yet: somebody asks for a mail
	callbackURL string

	cookie  sessionCookie // of the session that the browser has now
	current string        // id of that session's user; "" for nobody
	token   string        // of the new session, with StrategyDatabase
}

// newUser is the person as a user who is not stored yet.
func (id identity) newUser() *User {
	return &User{Name: id.profile.Name, Email: id.profile.Email, Image: id.profile.Image}
}

// ephemeralID is the user's id without an adapter: the same at each sign-in, and different for the
// same account id at another provider.
func (id identity) ephemeralID() string {
	return uuid.NewSHA256(id.account.Provider + "\x00" + id.account.ProviderAccountID)
}

// result is what a sign-in has changed.
type result struct {
	SignIn
	session *Session
	created bool
	updated []*User
	linked  bool

	// verified says that the user's address was not verified before. All other sessions of the user
	// end then, because somebody else may have opened them.
	verified bool
}

// signIn signs the person in: it asks the application, writes user, account and session together,
// tells the application, and sends the visitor on with a new session. The session that the browser
// had before ends (session fixation).
func (e *exchange) signIn(id identity) error {
	ctx := e.r.Context()
	id.cookie, id.token = e.sessionCookie(), randomToken()
	current, err := e.auth.readSession(ctx, id.cookie)
	if err != nil {
		return err
	}
	id.current = userIDOf(current)
	if to, err := e.askApplication(ctx, id); err != nil {
		return err
	} else if to != "" {
		return e.redirect(e.target(to))
	}

	res, err := e.auth.users.resolve(ctx, id)
	if err != nil {
		return err
	}
	e.auth.announce(ctx, res)
	if err := e.startSession(ctx, res, id); err != nil {
		return err
	}
	e.renewCSRF() // whoever knew the old token before the sign-in cannot use it afterwards
	if event := e.auth.config.Events.SignIn; event != nil {
		event(ctx, &res.SignIn)
	}
	e.auth.log.InfoContext(ctx, "cardea: signed in", "user", res.User.ID, "provider", res.Account.Provider,
		"new", res.IsNewUser, "remote", e.remote())
	return e.redirect(e.afterSignIn(res, id))
}

// askApplication lets the application refuse the person, or redirect them.
func (e *exchange) askApplication(ctx context.Context, id identity) (redirect string, err error) {
	decide := e.auth.config.Callbacks.SignIn
	if decide == nil {
		return "", nil
	}
	in := &SignIn{
		User: id.newUser(), Account: id.account, Profile: id.profile, IsNewUser: true,
		VerificationRequest: id.requested,
	}
	if id.user != nil {
		in.User, in.IsNewUser = id.user, false
	} else if e.auth.config.Adapter != nil {
		u, err := e.auth.users.lookUp(ctx, id)
		if err != nil {
			return "", storeError("find the user", err)
		}
		if u != nil {
			in.User, in.IsNewUser = u, false
		}
	}
	redirect, err = decide(ctx, in)
	if err != nil {
		return "", applicationError(CodeAccessDenied, "signIn callback", err)
	}
	return redirect, nil
}

// announce tells the application what was stored.
func (a *Auth) announce(ctx context.Context, res *result) {
	events := a.config.Events
	if res.created && events.CreateUser != nil {
		events.CreateUser(ctx, res.User)
	}
	if events.UpdateUser != nil {
		for _, u := range res.updated {
			events.UpdateUser(ctx, u)
		}
	}
	if res.linked && events.LinkAccount != nil {
		events.LinkAccount(ctx, res.User, res.Account, res.Profile)
	}
}

// startSession gives the browser its session.
func (e *exchange) startSession(ctx context.Context, res *result, id identity) error {
	value := id.token
	if jwt := e.auth.jwt; jwt != nil {
		err := jwt.end(ctx, id.cookie)
		if err != nil {
			return err
		}
		if res.verified {
			jwt.endAll(res.User.ID, id.cookie.now)
		}
		if value, res.session, err = jwt.create(ctx, &res.SignIn, id.cookie); err != nil {
			return err
		}
	}
	if value == "" {
		e.jar.ClearSession()
		return nil
	}
	return e.setSession(value)
}

// afterSignIn is where the visitor goes: a new user to the application's page for new users, if it
// has one.
func (e *exchange) afterSignIn(res *result, id identity) string {
	to := e.target(id.callbackURL)
	if page := e.auth.config.Pages.NewUser; page != "" && res.IsNewUser {
		return withQuery(e.absolute(page), "callbackUrl", to)
	}
	return to
}
