package cardea

import (
	"context"
	"errors"
)

// maxResolves is how often resolve tries. It starts over if another sign-in was faster; the second
// try usually finds what that one wrote.
const maxResolves = 8

// userResolver finds or creates the user of an identity.
type userResolver struct {
	adapter  Adapter
	database *databaseSessions // nil with StrategyJWT
	onCreate UserHook

	// storesCredentials says that a provider checks credentials that the application stores, such
	// as passwords. Then even users without an account or a passkey may have credentials.
	storesCredentials bool
}

func newUserResolver(a *Auth) *userResolver {
	r := &userResolver{adapter: a.config.Adapter, database: a.database, onCreate: a.config.OnCreateUser}
	for _, m := range a.methods {
		r.storesCredentials = r.storesCredentials || m.info().storesCredentials
	}
	return r
}

// resolve decides to which user the identity belongs, and writes user, account and session in one
// transaction. If several first sign-ins of one person run at the same time, one of them creates
// the user. The others get a conflict, start over, and find the user.
func (r *userResolver) resolve(ctx context.Context, id identity) (*signInResult, error) {
	if r.adapter == nil {
		return resolveWithoutStore(id), nil
	}
	for try := 1; ; try++ {
		var res *signInResult
		err := r.adapter.Transact(ctx, func(ctx context.Context) (err error) {
			res, err = r.write(ctx, id)
			return err
		})
		if err == nil {
			return res, nil
		}
		if !errors.Is(err, ErrConflict) || try == maxResolves {
			return nil, storeError("sign in", err)
		}
	}
}

// resolveWithoutStore returns the user that is built from the identity, if there is no adapter.
func resolveWithoutStore(id identity) *signInResult {
	u := id.user
	if u == nil {
		u = id.newUser()
		u.ID = id.ephemeralID()
	}
	id.account.UserID = u.ID
	return &signInResult{SignIn: SignIn{User: u, Account: id.account, Profile: id.profile}}
}

// write is the transaction of resolve.
func (r *userResolver) write(ctx context.Context, id identity) (*signInResult, error) {
	res, err := r.writeUser(ctx, id)
	if err != nil || r.database == nil {
		return res, err
	}
	if err := r.database.end(ctx, id.cookie); err != nil {
		return nil, err
	}
	if res.newlyVerified {
		if _, err := r.database.store.DeleteSessions(ctx, res.User.ID, ""); err != nil {
			return nil, err
		}
	}
	res.session, err = r.database.create(ctx, id.token, res.User, id.cookie.now)
	return res, err
}

// writeUser finds, changes or creates the user, and stores the account.
func (r *userResolver) writeUser(ctx context.Context, id identity) (*signInResult, error) {
	switch {
	case id.user != nil:
		return &signInResult{SignIn: SignIn{User: id.user, Account: id.account, Profile: id.profile}}, nil
	case id.isAddress:
		return r.writeEmailUser(ctx, id)
	}
	owner, sameEmail, err := r.candidates(ctx, id)
	if err != nil {
		return nil, err
	}
	account := *id.account
	res := &signInResult{SignIn: SignIn{Account: &account, Profile: id.profile}}
	switch decide(factsOf(id, owner, sameEmail)) {
	case decisionSignIn:
		res.User = owner
		return res, r.renewAccount(ctx, res)
	case decisionLinkCurrent:
		if res.User, err = r.adapter.UserByID(ctx, id.current); err != nil {
			return nil, err
		}
	case decisionLinkByEmail:
		res.User = sameEmail
	case decisionCreate:
		if err := r.createUser(ctx, id, res); err != nil {
			return nil, err
		}
	default:
		return nil, fail(CodeAccountNotLinked,
			"the account, or its e-mail address, belongs to a user who signs in another way")
	}
	return res, r.linkAccount(ctx, res)
}

// candidates returns the user to whom the account is linked or, if there is none, the user with the
// e-mail address. They are nil if there is none.
func (r *userResolver) candidates(ctx context.Context, id identity) (owner, sameEmail *User, err error) {
	owner, err = r.ownerOf(ctx, id.account)
	if owner != nil || err != nil || id.profile.Email == "" {
		return owner, nil, err
	}
	sameEmail, err = r.userByEmail(ctx, id.profile.Email)
	if sameEmail == nil || err != nil {
		return nil, nil, err
	}
	// If a transaction sees what others have committed since it began, sameEmail may be the same
	// person, stored by a faster sign-in. Then the account exists by now, and owner is that user.
	owner, err = r.ownerOf(ctx, id.account)
	return owner, sameEmail, err
}

// lookUp returns the user to whom an identity leads, before anything is written. It returns nil if
// the user would be new.
func (r *userResolver) lookUp(ctx context.Context, id identity) (*User, error) {
	if id.isAddress {
		return r.userByEmail(ctx, id.profile.Email)
	}
	return r.ownerOf(ctx, id.account)
}

// ownerOf returns the user to whom an account is linked, and nil if it is linked to nobody.
func (r *userResolver) ownerOf(ctx context.Context, account *Account) (*User, error) {
	u, err := r.adapter.UserByAccount(ctx, account.Provider, account.ProviderAccountID)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	return u, nil
}

// userByEmail returns the user with an e-mail address, and nil if there is none.
func (r *userResolver) userByEmail(ctx context.Context, email string) (*User, error) {
	u, err := r.adapter.UserByEmail(ctx, email)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	return u, nil
}

// renewAccount stores the tokens of the sign-in in the owner's account. If the old tokens are being
// refreshed at the same time, the refresh waits for the lock of the user, finds these tokens, and
// keeps them.
func (r *userResolver) renewAccount(ctx context.Context, res *signInResult) error {
	res.Account.UserID = res.User.ID
	if err := r.adapter.LockUser(ctx, res.User.ID); err != nil {
		return err
	}
	return r.adapter.UpdateAccount(ctx, res.Account)
}

func (r *userResolver) linkAccount(ctx context.Context, res *signInResult) error {
	res.linked = true
	res.Account.UserID = res.User.ID
	return r.adapter.LinkAccount(ctx, res.Account)
}

// createUser adds the person as a new user. OnCreateUser fills the application's columns.
func (r *userResolver) createUser(ctx context.Context, id identity, res *signInResult) error {
	u := id.newUser()
	if id.profile.EmailVerified {
		u.EmailVerified = id.cookie.now
	}
	u.Entity = r.adapter.NewUser()
	if fill := r.onCreate.fill; fill != nil {
		if err := fill(ctx, u.Entity, id.profile); err != nil {
			return applicationError(codeCallbackRoute, "OnCreateUser", err)
		}
	}
	res.User, res.created, res.IsNewUser = u, true, true
	return r.adapter.CreateUser(ctx, u)
}
