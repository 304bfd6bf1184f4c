package cardea

import (
	"context"
	"time"
)

// writeEmailUser finds, changes or creates the user of a person who has proven an e-mail address.
// No account is stored, because the address belongs to the user.
func (r *userResolver) writeEmailUser(ctx context.Context, id identity) (*signInResult, error) {
	account := *id.account
	res := &signInResult{SignIn: SignIn{Account: &account, Profile: id.profile}}
	u, err := r.userByEmail(ctx, id.profile.Email)
	if err != nil {
		return nil, err
	}
	if u != nil {
		if err := r.claimAddress(ctx, id, u, res); err != nil {
			return nil, err
		}
	}
	if res.User == nil {
		if err := r.createUser(ctx, id, res); err != nil {
			return nil, err
		}
	}
	account.UserID = res.User.ID
	return res, nil
}

// claimAddress signs in as the user u who has the address, or takes the address from u.
func (r *userResolver) claimAddress(ctx context.Context, id identity, u *User, res *signInResult) error {
	owns, err := r.ownsAddress(ctx, id, u)
	if err != nil {
		return err
	}
	if owns {
		res.newlyVerified = u.EmailVerified.IsZero()
		u.EmailVerified, res.User = id.cookie.now, u
	} else {
		u.Email, u.EmailVerified = "", time.Time{}
	}
	if err := r.adapter.UpdateUser(ctx, u); err != nil {
		return err
	}
	res.updated = []*User{u}
	return nil
}

// ownsAddress reports whether the user u who has an address belongs to the person who has just
// proven it.
//
// If u never proved the address, a stranger may have registered it, and may wait until its owner
// signs in and shares the user. So u belongs to the person only in these cases:
//   - the person is signed in as u
//   - u has no other credentials
//   - Adopt returns true, after it has deleted the credentials that the application stores
//
// In the last case the accounts and passkeys are deleted here. [userResolver.write] ends the
// sessions.
func (r *userResolver) ownsAddress(ctx context.Context, id identity, u *User) (bool, error) {
	if !u.EmailVerified.IsZero() || u.ID == id.current {
		return true, nil
	}
	accounts, err := r.adapter.Accounts(ctx, u.ID)
	if err != nil {
		return false, err
	}
	keys, err := passkeys(ctx, r.adapter, u.ID)
	if err != nil {
		return false, err
	}
	if len(accounts) == 0 && len(keys) == 0 && !r.storesCredentials {
		return true, nil
	}
	if id.adopt == nil {
		return false, nil
	}
	adopted, err := id.adopt(ctx, u)
	if err != nil {
		return false, applicationError(codeCallbackRoute, "Adopt", err)
	}
	if !adopted {
		return false, nil
	}
	return true, r.deleteCredentials(ctx, accounts, keys)
}

func (r *userResolver) deleteCredentials(ctx context.Context, accounts []*Account, keys []*Authenticator) error {
	for _, account := range accounts {
		if err := r.adapter.UnlinkAccount(ctx, account.Provider, account.ProviderAccountID); err != nil {
			return err
		}
	}
	for _, key := range keys {
		store := r.adapter.(AuthenticatorStore) // the keys came from it
		if err := store.DeleteAuthenticator(ctx, key.UserID, key.CredentialID); err != nil {
			return err
		}
	}
	return nil
}
