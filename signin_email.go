package cardea

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// planAddress decides about a person who has proven an e-mail address.
//
// If the user who has the address never proved it, a stranger may have registered it, and may wait
// until its owner signs in and shares the user. So that user belongs to the person only in these
// cases:
//   - the person is signed in as the user, and says so
//   - nobody can sign in as the user without the address
//   - Adopt returns true, after it has deleted the credentials that the application stores
//
// Otherwise the user loses the address.
func (r *userResolver) planAddress(ctx context.Context, id *identity, p *plan) error {
	found, err := r.userByEmail(ctx, id.profile.Email)
	if err != nil {
		return err
	}
	u := found.user
	switch {
	case u == nil:
		p.decision = decisionCreate
		return nil
	case found.deleted && id.verificationRequest: // the visitor must not learn that the user is deleted
		p.decision = decisionCreate
		return nil
	case found.deleted:
		p.decision, p.user = decisionDeleted, u
		return nil
	}
	p.verifies = u.EmailVerified.IsZero()
	theirs := !p.verifies
	if !theirs {
		if theirs, err = r.isUnused(ctx, u, nil); err != nil {
			return err
		}
	}
	p.bySession = !theirs && u.ID == idOf(p.current)
	theirs = theirs || p.bySession
	p.asksAdopt = !theirs && id.adopt != nil
	switch {
	case theirs:
		p.decision, p.user = decisionSignIn, u
	case p.asksAdopt && !id.notAdopted:
		p.decision, p.user = decisionAdopt, u
	default:
		p.decision, p.loser, p.verifies = decisionTakeAddress, u, false
	}
	return nil
}

// askAdopt asks the application whether the person is the user who has the address. The answer
// decides who signs in. If it is not the one of the plan, the sign-in starts over with it.
func (r *userResolver) askAdopt(ctx context.Context, id *identity, p plan) error {
	adopted, err := id.adopt(ctx, p.changed())
	if err != nil {
		return applicationError(codeCallbackRoute, "Adopt", err)
	}
	if adopted != (p.decision == decisionAdopt) {
		id.notAdopted = !adopted
		return errPlanChanged
	}
	if !adopted {
		return nil
	}
	return r.deleteCredentials(ctx, p.user)
}

// deleteCredentials deletes the accounts, passkeys and features' credentials of an adopted user. It
// reads them after Adopt has run, so that none is left that was added meanwhile.
func (r *userResolver) deleteCredentials(ctx context.Context, u *User) error {
	accounts, err := r.adapter.Accounts(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if err := r.adapter.UnlinkAccount(ctx, account.Provider, account.ProviderAccountID); err != nil {
			return err
		}
	}
	keys, err := passkeys(ctx, r.adapter, u.ID)
	if err != nil {
		return err
	}
	store, _ := feature.StoreOf[AuthenticatorStore](r.adapter) // the keys came from it
	for _, key := range keys {
		if err := store.DeleteAuthenticator(ctx, key.UserID, key.CredentialID); err != nil {
			return err
		}
	}
	return r.features.deleteRows(ctx, u.ID, true)
}

// setAddress stores that the address of the plan's user is verified now, or takes it away from the
// user who never proved it. The row was read after it was locked, so that no change of another
// transaction is undone.
func (r *userResolver) setAddress(ctx context.Context, id *identity, p plan, res *signInResult) error {
	u := p.changed()
	switch {
	case p.verifies:
		res.newlyVerified, u.EmailVerified = true, id.cookie.now
	case p.loser != nil:
		u.Email, u.EmailVerified = "", time.Time{}
	default:
		return nil
	}
	res.updated = []*User{u}
	return r.adapter.UpdateUser(ctx, u)
}
