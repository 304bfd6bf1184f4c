package cardea

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// maxResolves is how often resolve tries. It starts over if another sign-in was faster; the second
// try usually finds what that one wrote.
const maxResolves = 8

// maxConflicts is how often one plan may end with a conflict, or with a row that does not exist.
// The first may come from a user who was deleted meanwhile. After the second, the next would end
// with it too.
const maxConflicts = 2

// errPlanChanged says that the plan of a sign-in does not hold any more. The sign-in starts over.
var errPlanChanged = fmt.Errorf("the store has changed since the sign-in was decided: %w", ErrConflict)

// userResolver finds or creates the user of an identity.
type userResolver struct {
	adapter  Adapter
	transact func(ctx context.Context, fn func(ctx context.Context) error) error
	sessions SessionConfig
	database *databaseSessions // nil with StrategyJWT
	jwt      *jwtSessions      // nil with StrategyDatabase
	onCreate UserHook
	log      *slog.Logger

	asksCallback bool // there is a Callbacks.SignIn

	onDeleted func(context.Context, *SignIn) error // Callbacks.DeletedUser
	features  *features

	// storesCredentials says that a provider checks credentials that the application stores, such
	// as passwords. Then even users without an account or a passkey may have credentials.
	storesCredentials bool

	hasOther func(context.Context, *User) (bool, error) // Callbacks.HasOtherCredential; may be nil
}

func newUserResolver(a *Auth) *userResolver {
	r := &userResolver{
		transact: func(ctx context.Context, fn func(ctx context.Context) error) error { return transact(ctx, a, fn) },
		adapter:  a.config.Adapter, database: a.database, jwt: a.jwt, onCreate: a.config.OnCreateUser, log: a.log,
		sessions: a.config.Session,
		hasOther: a.config.Callbacks.HasOtherCredential, onDeleted: a.config.Callbacks.DeletedUser,
		features: &a.features, asksCallback: a.config.Callbacks.SignIn != nil,
	}
	for _, m := range a.methods {
		r.storesCredentials = r.storesCredentials || m.info().storesCredentials
	}
	return r
}

// askFunc asks the application about a plan. If redirect is not empty, nobody is signed in.
type askFunc func(ctx context.Context, id *identity, p plan) (redirect string, err error)

// resolve decides to which user the identity belongs, asks the application, and writes user,
// account and session in one transaction. If redirect is not empty, nothing is written.
//
// If several first sign-ins of one person run at the same time, one of them creates the user. The
// others get a conflict, start over, and find the user. The application is asked again if the
// plan is another one then.
func (r *userResolver) resolve(ctx context.Context, id *identity, ask askFunc) (*signInResult, string, error) {
	var asked planIDs // its zero value is a refusal, about which the application is never asked
	conflicts := 0    // of the plan that was asked about
	var refusal error // of a row with everything that is optional
	atOnce := r.storesAtOnce(ctx, id)
	for try := 1; ; try++ {
		p, res, err := plan{}, (*signInResult)(nil), errNotAtOnce
		if atOnce {
			p, res, err = r.storeAtOnce(ctx, id)
			// What was read with the lock may not be what the store has.
			atOnce = err == nil || errors.Is(err, ErrRefused)
		}
		if errors.Is(err, errNotAtOnce) {
			var redirect string
			p, redirect, err = r.allowedPlan(ctx, id, ask, asked)
			if err != nil || redirect != "" && id.holds == nil {
				return nil, redirect, err
			}
			res, err = r.store(ctx, id, p)
		}
		if p.ids() != asked {
			conflicts = 0
		}
		asked = p.ids()
		switch {
		case err == nil:
			if refusal != nil {
				r.log.WarnContext(ctx, "cardea: stored without name, picture and tokens, which the store refuses",
					"provider", id.account.Provider, "cause", refusal)
			}
			return res, "", nil
		case errors.Is(err, ErrRefused) && refusal == nil:
			refusal, id.onlyRequired = err, true
			continue
		case errors.Is(err, errPlanChanged):
			asked = planIDs{}
		case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound): // the user was deleted meanwhile
			conflicts++
		default:
			return nil, "", storeError("sign in", err)
		}
		if conflicts == maxConflicts {
			err = fmt.Errorf("%w, in a way that does not show when users are looked for: %w", ErrRefused, err)
		}
		if conflicts == maxConflicts || try == maxResolves {
			return nil, "", storeError("sign in", err)
		}
	}
}

// allowedPlan makes a plan, and asks the application about it unless the plan is the same as the
// one that was asked about before.
func (r *userResolver) allowedPlan(
	ctx context.Context, id *identity, ask askFunc, asked planIDs,
) (p plan, redirect string, err error) {
	if p, err = r.plan(ctx, id); err != nil {
		return p, "", storeError("find the user", err)
	}
	if err := id.once.before(ctx, r.asks(p)); err != nil {
		return p, "", err
	}
	if err := id.checkConfirmation(p); err != nil {
		return p, "", err
	}
	if p.decision == decisionDeleted {
		if p, err = r.planAfterDeletion(ctx, id, p); err != nil {
			return p, "", err
		}
	}
	if p.decision == decisionRefuse {
		return p, "", fail(CodeAccountNotLinked, "%s", p.refusal)
	}
	if err := id.pending.check(p); err != nil {
		return p, "", err
	}
	if p.bySession && id.answer != allowsLink {
		return p, "", &linkQuestion{p.current}
	}
	if p.user != nil && p.links(id) && id.pending == nil {
		id.forgetTwoFactors()
	}
	if p.ids() != asked {
		redirect, err = ask(ctx, id, p)
	}
	return p, redirect, err
}

// asks reports whether anybody hears of the person before the transaction of the sign-in: the
// application, a condition, or the visitor who is asked about a link.
func (r *userResolver) asks(p plan) bool {
	return r.asksCallback || len(r.features.conditions) > 0 || p.decision == decisionDeleted || p.bySession
}

// planAfterDeletion asks the application about a person whose user is deleted, and makes a new plan
// if the application has changed that.
func (r *userResolver) planAfterDeletion(ctx context.Context, id *identity, p plan) (plan, error) {
	refused := fail(CodeAccessDenied, "the person was user %s: %w; Callbacks.DeletedUser decides who may come back",
		p.user.ID, ErrUserDeleted)
	if r.onDeleted == nil {
		return p, refused
	}
	in := p.signIn(id, id.account)
	if err := r.onDeleted(ctx, &in); err != nil {
		return p, applicationError(CodeAccessDenied, "Callbacks.DeletedUser", err)
	}
	p, err := r.plan(ctx, id)
	if err == nil && p.decision == decisionDeleted {
		return p, refused
	}
	return p, storeError("find the user", err)
}

// store does what the plan says.
func (r *userResolver) store(ctx context.Context, id *identity, p plan) (res *signInResult, err error) {
	if r.adapter == nil {
		res := resolveWithoutStore(id, p)
		res.opened = id.openAs(res.User, r.sessions)
		return res, nil
	}
	write := r.write
	if id.holds != nil {
		if err := r.tryAdopt(ctx, id, p); err != nil {
			return nil, err
		}
		write = r.hold
	}
	err = r.transact(ctx, func(ctx context.Context) error {
		res, err = write(ctx, id, p)
		return err
	})
	return res, err
}

// resolveWithoutStore returns the user that is built from the identity, if there is no adapter.
func resolveWithoutStore(id *identity, p plan) *signInResult {
	in := p.signIn(id, id.account)
	in.IsNewUser = false
	if id.user == nil {
		in.User.ID = id.ephemeralID()
		id.setEmailVerified(in.User)
	}
	id.account.UserID = in.User.ID
	return &signInResult{SignIn: in}
}

// write is the transaction of a sign-in. It locks the user and takes the session of the browser
// before it decides again, because both may have ended meanwhile.
func (r *userResolver) write(ctx context.Context, id *identity, asked plan) (*signInResult, error) {
	if err := r.lock(ctx, asked.changed()); err != nil {
		return nil, err
	}
	if err := r.take(ctx, id); err != nil {
		return nil, err
	}
	p, err := r.planAgain(ctx, id, asked)
	if err != nil {
		return nil, err
	}
	return r.writePlan(ctx, id, p)
}

// take uses up what the sign-in needs, and ends the session of the browser.
func (r *userResolver) take(ctx context.Context, id *identity) error {
	if err := id.once.within(ctx); err != nil {
		return err
	}
	if err := r.takePending(ctx, id.pending); err != nil {
		return err
	}
	return r.takeSession(ctx, id)
}

// writePlan writes user, account and session.
func (r *userResolver) writePlan(ctx context.Context, id *identity, p plan) (*signInResult, error) {
	res, err := r.writeUser(ctx, id, p)
	if err != nil {
		return nil, err
	}
	if err := id.writeWithin(ctx, res.User); err != nil {
		return nil, err
	}
	return res, r.writeSession(ctx, id, res)
}

// planAgain makes the plan and asks the conditions of features again, after the user is locked. If
// either has changed, it is an errPlanChanged.
func (r *userResolver) planAgain(ctx context.Context, id *identity, asked plan) (plan, error) {
	p, err := r.plan(ctx, id)
	if err != nil {
		return p, err
	}
	if p.ids() != asked.ids() {
		return p, errPlanChanged
	}
	return p, r.features.askAgain(ctx, id, p)
}

// writeWithin lets the application write in the transaction.
func (id *identity) writeWithin(ctx context.Context, u *User) error {
	if id.within == nil {
		return nil
	}
	if err := id.within(ctx, u); err != nil {
		return applicationError(codeCallbackRoute, "Proof.Within", err)
	}
	return nil
}

// lock locks the user who signs in or whom the plan changes, before anything is read.
func (r *userResolver) lock(ctx context.Context, u *User) error {
	if u == nil {
		return nil
	}
	err := r.adapter.LockUser(ctx, u.ID)
	if errors.Is(err, ErrNotFound) {
		return errPlanChanged
	}
	return err
}

// takeSession ends the session of the browser. If the session has ended since it was read, the
// visitor is not signed in any more.
func (r *userResolver) takeSession(ctx context.Context, id *identity) error {
	there, err := r.consumeSession(ctx, id)
	if err == nil && !there {
		id.session = nil
	}
	return err
}

// consumeSession ends the session of the browser, and reports whether the visitor was signed in
// until now. A JWT session ends only after the transaction; see completion.startSession.
func (r *userResolver) consumeSession(ctx context.Context, id *identity) (bool, error) {
	switch {
	case r.database == nil && id.session == nil:
		return false, nil
	case r.database == nil:
		s, err := r.jwt.readLocked(ctx, id.cookie, id.session.UserID)
		return s != nil, err
	case id.session == nil:
		return false, r.database.end(ctx, id.cookie)
	}
	return r.database.consume(ctx, id.cookie)
}

// writeUser changes or creates the user, and stores the account.
func (r *userResolver) writeUser(ctx context.Context, id *identity, p plan) (*signInResult, error) {
	account := id.storedAccount()
	res := &signInResult{SignIn: p.signIn(id, &account)}
	if p.asksAdopt {
		if err := r.askAdopt(ctx, id, p); err != nil {
			return nil, err
		}
	}
	if p.isFirstProof(id) {
		if err := r.features.revoke(ctx, p.user.ID, time.Time{}); err != nil {
			return nil, err
		}
	}
	if err := r.setAddress(ctx, id, p, res); err != nil {
		return nil, err
	}
	if p.user == nil {
		if err := r.createUser(ctx, id, res); err != nil {
			return nil, err
		}
	}
	account.UserID, res.linked = res.User.ID, p.links(id)
	return res, r.storeAccount(ctx, id, res)
}

// storeAccount stores the account of a provider, or the tokens of the sign-in in it. If the old
// tokens are being refreshed at the same time, the refresh waits for the lock of the user, finds
// these tokens, and keeps them.
func (r *userResolver) storeAccount(ctx context.Context, id *identity, res *signInResult) error {
	switch {
	case !id.storesAccount():
		return nil
	case res.linked:
		if err := r.features.deletePending(ctx, r.adapter, res.User.ID); err != nil {
			return err
		}
		return r.adapter.LinkAccount(ctx, res.Account)
	case id.pending != nil && id.pending.stored: // its tokens are those of the row
		return nil
	}
	return r.adapter.UpdateAccount(ctx, res.Account)
}

// createUser adds the person as a new user. OnCreateUser fills the application's columns.
func (r *userResolver) createUser(ctx context.Context, id *identity, res *signInResult) error {
	u := res.User
	id.setEmailVerified(u)
	u.Entity = r.adapter.NewUser()
	if fill := r.onCreate.fill; fill != nil {
		if err := fill(ctx, u.Entity, id.profile); err != nil {
			return applicationError(codeCallbackRoute, "OnCreateUser", err)
		}
	}
	res.created = true
	return r.adapter.CreateUser(ctx, u)
}

// endOthers ends the user's other sessions and single-use tokens if the address was proven for the
// first time.
func (r *userResolver) endOthers(ctx context.Context, id *identity, res *signInResult) error {
	if !res.newlyVerified {
		return nil
	}
	if err := r.features.deleteTokens(ctx, r.adapter, res.User.ID); err != nil {
		return err
	}
	if r.database == nil { // in the transaction: a sign-in may be waiting for the lock
		return r.jwt.endAll(ctx, res.User.ID, id.cookie.now)
	}
	_, err := r.database.store.DeleteSessions(ctx, res.User.ID, "")
	return err
}

// writeSession ends the user's other sessions and single-use tokens if that is due, and stores the
// new session. A JWT session is created after the transaction.
func (r *userResolver) writeSession(ctx context.Context, id *identity, res *signInResult) (err error) {
	res.opened = id.openAs(res.User, r.sessions)
	if err := r.endOthers(ctx, id, res); err != nil {
		return err
	}
	r.setOrder(id, res)
	if r.database == nil {
		return nil
	}
	res.session, err = r.database.create(ctx, id.token, res.User, res.opened)
	return err
}

// setOrder gives a JWT sign-in its place among those of the user, who is locked. If the
// application's check was before the lock, or if the first proof was, it is the one that counts.
func (r *userResolver) setOrder(id *identity, res *signInResult) {
	if r.jwt != nil && id.user == nil && (id.pending == nil || res.newlyVerified) {
		id.order = r.jwt.order.next(id.cookie.now)
	}
}
