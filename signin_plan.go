package cardea

import (
	"context"
	"errors"
	"slices"

	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/oauth"
)

// plan is what a sign-in is going to do, with the rows that this was decided on. It is made before
// the transaction, for the application, and again inside the transaction. If the two differ, the
// sign-in starts over.
type plan struct {
	decision decision
	user     *User // the existing user who signs in; nil for a new user
	loser    *User // the user who loses the address, because another person has proven it; may be nil
	current  *User // the user who is signed in now; nil for nobody

	verifies  bool // the sign-in proves the address of user for the first time
	asksAdopt bool // Adopt decides whether the person is the user who has the address
}

// planIDs is a plan without the content of its rows. Users are given by their ids, "" for none.
type planIDs struct {
	decision             decision
	user, loser, current string
	verifies, asksAdopt  bool
}

func (p plan) ids() planIDs {
	return planIDs{p.decision, idOf(p.user), idOf(p.loser), idOf(p.current), p.verifies, p.asksAdopt}
}

// idOf returns the id of a user, and "" for nil.
func idOf(u *User) string {
	if u == nil {
		return ""
	}
	return u.ID
}

// changed returns the existing user whose row, accounts or sessions the plan changes, and nil if
// there is none.
func (p plan) changed() *User {
	if p.user != nil {
		return p.user
	}
	return p.loser
}

// signIn returns the sign-in as the application sees it.
func (p plan) signIn(id *identity, account *Account) SignIn {
	in := SignIn{
		User: p.user, Account: account, Profile: p.profile(id), IsNewUser: p.user == nil,
		Linking: p.user != nil && p.links(id), Current: p.current, VerificationRequest: id.verificationRequest,
	}
	if in.User == nil {
		in.User = id.newUser()
	}
	return in
}

// profile returns the person as the provider describes them or, if a check of the application has
// named a user, as the row does.
func (p plan) profile(id *identity) *oauth.Profile {
	if id.user == nil {
		return id.profile
	}
	u := p.user
	return &oauth.Profile{
		ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: !u.EmailVerified.IsZero(), Image: u.Image,
	}
}

// links reports whether the account becomes a new account of a user.
func (p plan) links(id *identity) bool { return id.storesAccount() && p.decision != decisionSignIn }

// plan reads the store and decides what the sign-in does.
func (r *userResolver) plan(ctx context.Context, id *identity) (p plan, err error) {
	if p.current, err = r.currentUser(ctx, id); err != nil {
		return p, err
	}
	switch {
	case id.user != nil:
		p.decision = decisionSignIn
		p.user, err = r.namedUser(ctx, id)
	case r.adapter == nil:
		p.decision = decisionCreate
	case id.isAddress:
		err = r.planAddress(ctx, id, &p)
	default:
		err = r.planAccount(ctx, id, &p)
	}
	return p, err
}

// namedUser returns the row of the user whom a check of the application names or, without an
// adapter, the user as the check describes them.
func (r *userResolver) namedUser(ctx context.Context, id *identity) (*User, error) {
	if r.adapter == nil {
		clone := *id.user
		return &clone, nil
	}
	u, err := r.adapter.UserByID(ctx, id.user.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, fail(CodeConfiguration, "provider %q: the user is not in the store: %w", id.account.Provider, err)
	}
	return u, err
}

// currentUser returns the user who is signed in. A JWT session outlives its user; a user who does
// not exist any more is nobody.
func (r *userResolver) currentUser(ctx context.Context, id *identity) (*User, error) {
	if id.session == nil {
		return nil, nil
	}
	if r.adapter == nil {
		return id.session.User, nil
	}
	u, err := r.adapter.UserByID(ctx, id.session.UserID)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	return u, nil
}

// planAccount decides about an account at a provider.
func (r *userResolver) planAccount(ctx context.Context, id *identity, p *plan) error {
	owner, sameEmail, err := r.candidates(ctx, id)
	if err != nil {
		return err
	}
	f := factsOf(id, p.current, owner, sameEmail)
	if f.emailProven() && sameEmail != nil && !f.sameEmailVerified {
		if f.sameEmailUnused, err = r.isUnused(ctx, sameEmail, nil); err != nil {
			return err
		}
	}
	switch p.decision = decide(f); p.decision {
	case decisionSignIn:
		p.user = owner
	case decisionLinkCurrent:
		p.user = p.current
	case decisionLinkByEmail:
		p.user = sameEmail
	case decisionTakeAddress:
		p.loser = sameEmail
	}
	p.verifies, err = r.verifies(ctx, id, p)
	return err
}

// verifies reports whether the sign-in with an account is the first proof of the user's address.
//
// If the person merely owns one of several accounts of the user, it is not. The other accounts may
// be those of a stranger, who has registered the address and waits for its owner to sign in.
func (r *userResolver) verifies(ctx context.Context, id *identity, p *plan) (bool, error) {
	u := p.user
	if u == nil || !id.provesEmail() || !u.EmailVerified.IsZero() || emailaddr.Clean(u.Email) != id.profile.Email {
		return false, nil
	}
	if p.decision == decisionSignIn {
		return r.isUnused(ctx, u, id.account)
	}
	return true, nil
}

// candidates returns the user to whom the account is linked or, if there is none, the user with the
// e-mail address. They are nil if there is none.
func (r *userResolver) candidates(ctx context.Context, id *identity) (owner, sameEmail *User, err error) {
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

// isUnused reports whether nobody can sign in as a user without the user's address or, if except is
// not nil, that account.
func (r *userResolver) isUnused(ctx context.Context, u *User, except *Account) (bool, error) {
	if r.storesCredentials {
		return false, nil
	}
	accounts, err := r.adapter.Accounts(ctx, u.ID)
	if err != nil || slices.ContainsFunc(accounts, func(a *Account) bool { return !a.isSame(except) }) {
		return false, err
	}
	keys, err := passkeys(ctx, r.adapter, u.ID)
	if err != nil || len(keys) > 0 || r.hasOther == nil {
		return err == nil && len(keys) == 0, err
	}
	other, err := r.hasOther(ctx, u)
	if err != nil {
		return false, applicationError(codeCallbackRoute, "Callbacks.HasOtherCredential", err)
	}
	return !other, nil
}
