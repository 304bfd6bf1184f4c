package cardea

import (
	"context"
	"errors"
)

// settleTries bounds how often a sign-in starts over because another one was faster; the second
// time it usually finds what that one wrote.
const settleTries = 8

// settle decides who the arrival is, and writes user, account and session in one transaction. Of
// many first sign-ins of one person at once, one creates the user; the others conflict with it,
// start over, and find it.
func (a *Auth) settle(ctx context.Context, arr arrival) (*outcome, error) {
	if a.config.Adapter == nil {
		u := arr.user
		if u == nil {
			u = arr.newUser()
			u.ID = arr.ephemeralID()
		}
		arr.account.UserID = u.ID
		return &outcome{SignIn: SignIn{User: u, Account: arr.account, Profile: arr.profile}}, nil
	}
	for try := 1; ; try++ {
		var out *outcome
		err := a.config.Adapter.Transact(ctx, func(ctx context.Context) (err error) {
			out, err = a.write(ctx, arr)
			return err
		})
		switch {
		case err == nil:
			return out, nil
		case !errors.Is(err, ErrConflict) || try == settleTries:
			return nil, storeError("sign in", err)
		}
	}
}

// write is one transaction of settle.
func (a *Auth) write(ctx context.Context, arr arrival) (*outcome, error) {
	out, err := a.admit(ctx, arr)
	if err != nil || a.rows == nil {
		return out, err
	}
	if err := a.rows.end(ctx, arr.came); err != nil {
		return nil, err
	}
	if out.proven {
		if _, err := a.rows.store.DeleteSessions(ctx, out.User.ID, ""); err != nil {
			return nil, err
		}
	}
	out.session, err = a.rows.create(ctx, arr.token, out.User, arr.came.now)
	return out, err
}

// admit finds or writes the user and the account.
func (a *Auth) admit(ctx context.Context, arr arrival) (*outcome, error) {
	if arr.user != nil {
		return &outcome{SignIn: SignIn{User: arr.user, Account: arr.account, Profile: arr.profile}}, nil
	}
	if arr.account.Type == TypeEmail {
		return a.admitByMail(ctx, arr)
	}
	owner, sameEmail, err := a.lookUp(ctx, arr)
	if err != nil {
		return nil, err
	}
	f := facts{linkByEmail: arr.linkByEmail, emailVerified: arr.profile.EmailVerified}
	if arr.current == arr.startedBy {
		f.current = arr.current
	}
	if owner != nil {
		f.owner = owner.ID
	}
	if sameEmail != nil {
		f.sameEmail, f.ownerVerified = sameEmail.ID, !sameEmail.EmailVerified.IsZero()
	}

	account := *arr.account
	out := &outcome{SignIn: SignIn{Account: &account, Profile: arr.profile}}
	switch decide(f) {
	case signIn:
		out.User = owner
		account.UserID = owner.ID
		// a refresh under way then finds these tokens, and keeps them
		if err = a.config.Adapter.LockUser(ctx, owner.ID); err == nil {
			err = a.config.Adapter.UpdateAccount(ctx, &account)
		}
	case linkCurrent:
		if out.User, err = a.config.Adapter.UserByID(ctx, arr.current); err == nil {
			err = a.link(ctx, out)
		}
	case linkByEmail:
		out.User = sameEmail
		err = a.link(ctx, out)
	case create:
		if err = a.createUser(ctx, arr, out); err == nil {
			err = a.link(ctx, out)
		}
	case refuse:
		return nil, fail(CodeAccountNotLinked,
			"the account, or its e-mail address, belongs to a user who signs in another way")
	}
	return out, err
}

// lookUp finds the user who has the account, and failing that the one who has the e-mail; nil where
// there is none.
func (a *Auth) lookUp(ctx context.Context, arr arrival) (owner, sameEmail *User, err error) {
	owner, err = a.ownerOf(ctx, arr.account)
	if owner != nil || err != nil || arr.profile.Email == "" {
		return owner, nil, err
	}
	sameEmail, err = a.config.Adapter.UserByEmail(ctx, arr.profile.Email)
	if err != nil {
		return nil, nil, missing(err)
	}
	// Where a transaction sees what others have committed since it began, this may be the same
	// person, stored by a faster sign-in: then the account is there by now, and the e-mail is
	// nobody else's.
	owner, err = a.ownerOf(ctx, arr.account)
	return owner, sameEmail, err
}

// ownerOf returns the user to whom an account is linked, nil when it is linked to nobody.
func (a *Auth) ownerOf(ctx context.Context, account *Account) (*User, error) {
	u, err := a.config.Adapter.UserByAccount(ctx, account.Provider, account.ProviderAccountID)
	if err != nil {
		return nil, missing(err)
	}
	return u, nil
}

// missing drops ErrNotFound where nothing found is no failure.
func missing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (a *Auth) link(ctx context.Context, out *outcome) error {
	out.linked = true
	out.Account.UserID = out.User.ID
	return a.config.Adapter.LinkAccount(ctx, out.Account)
}

// createUser adds the person as a new user, with the application's columns filled by its hook.
func (a *Auth) createUser(ctx context.Context, arr arrival, out *outcome) error {
	u := arr.newUser()
	if arr.profile.EmailVerified {
		u.EmailVerified = arr.came.now
	}
	u.Entity = a.config.Adapter.NewUser()
	if fill := a.config.OnCreateUser.fill; fill != nil {
		if err := fill(ctx, u.Entity, arr.profile); err != nil {
			return applicationError(codeCallbackRoute, "OnCreateUser", err)
		}
	}
	out.User, out.created, out.IsNewUser = u, true, true
	return a.config.Adapter.CreateUser(ctx, u)
}

// announce tells the application what was stored.
func (a *Auth) announce(ctx context.Context, out *outcome) {
	e := a.config.Events
	if out.created && e.CreateUser != nil {
		e.CreateUser(ctx, out.User)
	}
	if e.UpdateUser != nil {
		for _, u := range out.updated {
			e.UpdateUser(ctx, u)
		}
	}
	if out.linked && e.LinkAccount != nil {
		e.LinkAccount(ctx, out.User, out.Account, out.Profile)
	}
}
