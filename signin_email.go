package cardea

import (
	"context"
	"time"
)

// writeEmailUser finds or writes the user of somebody who has proven an e-mail address. No account
// is stored: the address is the user's own.
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

// claimAddress signs in as the user who has the address, or takes the address from that user.
func (r *userResolver) claimAddress(ctx context.Context, id identity, u *User, res *signInResult) error {
	owns, err := r.ownsAddress(ctx, id, u)
	if err != nil {
		return err
	}
	if owns {
		res.verified = u.EmailVerified.IsZero()
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

// ownsAddress decides whether the user who has an address belongs to the person who has just proven
// it.
//
// If the user never proved it, anybody may have registered it, and may wait for its owner to come
// and share the user. Then the user is the person's only if they are signed in as that user, if
// nobody else has a credential of the user, or if the application has deleted the credentials that
// it stores. Accounts and passkeys are deleted here; [userResolver.write] ends the sessions.
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
