package cardea

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// arrival is a person whose identity is proven, and who is to be signed in now. Every way of
// signing in ends here.
type arrival struct {
	user        *User // who it is, where that is known already; nil leaves it to account and profile
	profile     *Profile
	account     *Account
	startedBy   string // who was signed in when it began
	linkByEmail bool
	adopt       func(context.Context, *User) (bool, error) // of an EmailProvider; may be nil
	requested   bool                                       // nothing is proven yet: somebody asks for a mail
	callbackURL string

	came    presented // the session that the browser has now
	current string    // whose it is
	token   string    // of the session that it gets, with the Database strategy
}

// outcome is what signing somebody in has changed.
type outcome struct {
	SignIn
	session *Session
	created bool
	updated []*User
	linked  bool
	proven  bool // the user's address was not proven before: whoever else is signed in as that user no longer is
}

// complete signs the person in: it asks the application, writes user, account and session together,
// tells the application, and sends the visitor on with a session of its own. Whatever session the
// browser came with ends (session fixation).
func (v *exchange) complete(ctx context.Context, arr arrival) error {
	arr.came, arr.token = v.presented(), random()
	current, err := v.auth.read(ctx, arr.came)
	if err != nil {
		return err
	}
	arr.current = userOf(current)
	if to, err := v.ask(ctx, arr); err != nil {
		return err
	} else if to != "" {
		return v.redirect(v.target(to))
	}

	out, err := v.auth.settle(ctx, arr)
	if err != nil {
		return err
	}
	v.auth.announce(ctx, out)
	if err := v.startSession(ctx, out, arr); err != nil {
		return err
	}
	v.freshCSRF() // one that was known before signing in is worth nothing after it
	if event := v.auth.config.Events.SignIn; event != nil {
		event(ctx, &out.SignIn)
	}
	v.auth.log.InfoContext(ctx, "cardea: signed in", "user", out.User.ID, "provider", out.Account.Provider, "new",
		out.IsNewUser, "remote", v.r.RemoteAddr)
	return v.redirect(v.afterwards(out, arr))
}

func userOf(s *Session) string {
	if s == nil {
		return ""
	}
	return s.UserID
}

// ask lets the application refuse the person, or send it elsewhere.
func (v *exchange) ask(ctx context.Context, arr arrival) (redirect string, err error) {
	decide := v.auth.config.Callbacks.SignIn
	if decide == nil {
		return "", nil
	}
	in := &SignIn{
		User: arr.newUser(), Account: arr.account, Profile: arr.profile, IsNewUser: true,
		VerificationRequest: arr.requested,
	}
	if arr.user != nil {
		in.User, in.IsNewUser = arr.user, false
	} else if v.auth.config.Adapter != nil {
		owner, err := v.auth.known(ctx, arr)
		if err != nil {
			return "", storeError("find the user", err)
		}
		if owner != nil {
			in.User, in.IsNewUser = owner, false
		}
	}
	redirect, err = decide(ctx, in)
	if err != nil {
		return "", applicationError(CodeAccessDenied, "signIn callback", err)
	}
	return redirect, nil
}

// startSession gives the browser its session.
func (v *exchange) startSession(ctx context.Context, out *outcome, arr arrival) error {
	token := arr.token
	if v.auth.tokens != nil {
		err := v.auth.tokens.end(ctx, arr.came)
		if err != nil {
			return err
		}
		if out.proven {
			v.auth.tokens.endAll(out.User.ID, arr.came.now)
		}
		if token, out.session, err = v.auth.tokens.create(ctx, &out.SignIn, arr.came); err != nil {
			return err
		}
	}
	if token == "" {
		v.jar.ClearSession()
		return nil
	}
	if err := v.jar.SetSession(token, v.now.Add(v.auth.config.Session.MaxAge)); err != nil {
		return fail(CodeConfiguration, "the session is too large for cookies: %w", err)
	}
	return nil
}

// afterwards is where the visitor goes: a new one to the application's page for new users, if it
// has one.
func (v *exchange) afterwards(out *outcome, arr arrival) string {
	to := v.target(arr.callbackURL)
	if page := v.auth.config.Pages.NewUser; page != "" && out.IsNewUser {
		return withQuery(v.absolute(page), "callbackUrl", to)
	}
	return to
}

// newUser is the person as a user who is not stored yet.
func (arr arrival) newUser() *User {
	return &User{Name: arr.profile.Name, Email: arr.profile.Email, Image: arr.profile.Image}
}

// ephemeralID is the id of a user where none is stored: the same at each sign-in, and different for
// the same id at another provider.
func (arr arrival) ephemeralID() string {
	h := sha256.Sum256([]byte(arr.account.Provider + "\x00" + arr.account.ProviderAccountID))
	h[6] = h[6]&0x0f | 0x80 // RFC 9562 § 5.8
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
