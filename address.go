package cardea

import (
	"context"
	"time"
)

// known is the user whom an arrival leads to, before anything is written; nil for a new one.
func (a *Auth) known(ctx context.Context, arr arrival) (*User, error) {
	if arr.account.Type == TypeEmail {
		return a.userByEmail(ctx, arr.profile.Email)
	}
	return a.ownerOf(ctx, arr.account)
}

func (a *Auth) userByEmail(ctx context.Context, email string) (*User, error) {
	u, err := a.config.Adapter.UserByEmail(ctx, email)
	if err != nil {
		return nil, missing(err)
	}
	return u, nil
}

// admitByMail finds or writes the user of somebody who has proven an address. No account is
// written: the address is the user's own.
func (a *Auth) admitByMail(ctx context.Context, arr arrival) (*outcome, error) {
	account := *arr.account
	out := &outcome{SignIn: SignIn{Account: &account, Profile: arr.profile}}
	u, err := a.userByEmail(ctx, arr.profile.Email)
	if err != nil {
		return nil, err
	}
	if u != nil {
		keep, err := a.isTheirs(ctx, arr, u)
		if err != nil {
			return nil, err
		}
		if keep {
			out.proven = u.EmailVerified.IsZero()
			u.EmailVerified, out.User = arr.came.now, u
		} else {
			u.Email, u.EmailVerified = "", time.Time{}
		}
		if err := a.config.Adapter.UpdateUser(ctx, u); err != nil {
			return nil, err
		}
		out.updated = []*User{u}
	}
	if out.User == nil {
		if err := a.createUser(ctx, arr, out); err != nil {
			return nil, err
		}
	}
	account.UserID = out.User.ID
	return out, nil
}

// isTheirs decides whether the user who has an address belongs to the person who has just proven
// it. Where the user never proved it, anybody may have registered it, and waits for its owner to
// come and share the user: then it is theirs only if they are signed in as that user, if nobody
// else has a way in, or if the application has closed the ways in that it made itself. The others
// are closed here, but the sessions, which write ends.
func (a *Auth) isTheirs(ctx context.Context, arr arrival, u *User) (bool, error) {
	if !u.EmailVerified.IsZero() || u.ID == arr.current {
		return true, nil
	}
	accounts, err := a.config.Adapter.Accounts(ctx, u.ID)
	if err != nil {
		return false, err
	}
	passkeys, err := a.passkeys(ctx, u.ID)
	if err != nil {
		return false, err
	}
	if len(accounts) == 0 && len(passkeys) == 0 && !a.hasOtherWaysIn() {
		return true, nil
	}
	if arr.adopt == nil {
		return false, nil
	}
	if ok, err := arr.adopt(ctx, u); err != nil || !ok {
		return false, adoptError(err)
	}
	return true, a.close(ctx, accounts, passkeys)
}

// close removes ways in.
func (a *Auth) close(ctx context.Context, accounts []*Account, passkeys []*Authenticator) error {
	for _, account := range accounts {
		if err := a.config.Adapter.UnlinkAccount(ctx, account.Provider, account.ProviderAccountID); err != nil {
			return err
		}
	}
	for _, key := range passkeys {
		if err := a.config.Adapter.(AuthenticatorStore).DeleteAuthenticator(ctx, key.UserID,
			key.CredentialID); err != nil {
			return err
		}
	}
	return nil
}

func adoptError(err error) error {
	if err == nil {
		return nil
	}
	return applicationError(codeCallbackRoute, "Adopt", err)
}

// hasOtherWaysIn reports whether users without an account may be able to sign in otherwise than by
// mail, such as with a password.
func (a *Auth) hasOtherWaysIn() bool {
	for _, p := range a.config.Providers {
		switch p.(type) {
		case *OAuthProvider, *EmailProvider:
		default:
			return true
		}
	}
	return false
}
