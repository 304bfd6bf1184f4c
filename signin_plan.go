package cardea

import (
	"cmp"
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

	verifies  bool   // the sign-in proves the address of user for the first time
	asksAdopt bool   // Adopt decides whether the person is the user who has the address
	refusal   string // why the decision is decisionRefuse
	bySession bool   // the person is user only because user is signed in; see linkQuestion
}

// planIDs is a plan without the content of its rows. Users are given by their ids, "" for none.
type planIDs struct {
	decision             decision
	user, loser, current string
	verifies, asksAdopt  bool
	bySession            bool
}

func (p plan) ids() planIDs {
	return planIDs{p.decision, idOf(p.user), idOf(p.loser), idOf(p.current), p.verifies, p.asksAdopt, p.bySession}
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
		Methods: id.methods, FirstProof: p.isFirstProof(id),
	}
	if in.User == nil {
		in.User = id.newUser()
	}
	return in
}

// isFirstProof reports whether the person becomes an existing user by being the first who proves
// the address, and by nothing else. Whatever was set up before may be a stranger's.
func (p plan) isFirstProof(id *identity) bool {
	byAddress := id.isAddress || p.decision == decisionLinkByEmail
	return p.decision == decisionAdopt || p.verifies && byAddress && !p.bySession
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
		err = r.planNamed(ctx, id, &p)
	case r.adapter == nil:
		p.decision = decisionCreate
	case id.isAddress:
		err = r.planAddress(ctx, id, &p)
	default:
		err = r.planAccount(ctx, id, &p)
	}
	return p, err
}

// planNamed decides about the user whom a check of the application names. Without an adapter it is
// the user as the check describes them.
func (r *userResolver) planNamed(ctx context.Context, id *identity, p *plan) error {
	p.decision = decisionSignIn
	if r.adapter == nil {
		clone := *id.user
		p.user = &clone
		return nil
	}
	found, err := candidateOf(r.adapter.UserByID(ctx, id.user.ID))
	if err == nil && found.user == nil && id.pending != nil { // it has ended with the user
		return noPending()
	}
	if err == nil && found.user == nil {
		return fail(CodeConfiguration, "provider %q: the user is not in the store: %w", id.account.Provider,
			ErrNotFound)
	}
	if p.user = found.user; found.deleted {
		p.decision = decisionDeleted
	}
	return err
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
	p.refusal = f.refusal()
	if f.emailProven() && f.sameEmail != "" && !f.sameEmailVerified && !f.sameEmailDeleted {
		if f.sameEmailUnused, err = r.isUnused(ctx, sameEmail.user, nil); err != nil {
			return err
		}
	}
	switch p.decision = decide(f); p.decision {
	case decisionSignIn:
		p.user = owner.user
	case decisionDeleted:
		p.user = cmp.Or(owner.user, sameEmail.user)
	case decisionLinkCurrent:
		p.user, p.bySession = p.current, !f.linksWithoutSession()
	case decisionLinkByEmail:
		p.user = sameEmail.user
	case decisionTakeAddress:
		p.loser = sameEmail.user
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
	if u == nil || p.decision == decisionDeleted || !id.provesEmail() ||
		!u.EmailVerified.IsZero() || emailaddr.Clean(u.Email) != id.profile.Email {
		return false, nil
	}
	if p.decision == decisionSignIn {
		return r.isUnused(ctx, u, id.account)
	}
	return true, nil
}

// candidate is a user whom an identity may belong to. Its zero value means that there is none.
type candidate struct {
	user    *User
	deleted bool // the row is kept, but the user is deleted
}

// candidateOf returns what a method of the adapter has found.
func candidateOf(u *User, err error) (candidate, error) {
	switch {
	case errors.Is(err, ErrUserDeleted) && u != nil:
		return candidate{u, true}, nil
	case err != nil:
		return candidate{}, ignoreNotFound(err)
	}
	return candidate{user: u}, nil
}

// candidates returns the user to whom the account is linked or, if there is none, the user with the
// e-mail address.
func (r *userResolver) candidates(ctx context.Context, id *identity) (owner, sameEmail candidate, err error) {
	owner, err = r.ownerOf(ctx, id.account)
	if owner.user != nil || err != nil || id.profile.Email == "" {
		return owner, sameEmail, err
	}
	sameEmail, err = r.userByEmail(ctx, id.profile.Email)
	if sameEmail.user == nil || err != nil {
		return owner, sameEmail, err
	}
	// If a transaction sees what others have committed since it began, sameEmail may be the same
	// person, stored by a faster sign-in. Then the account exists by now, and owner is that user.
	owner, err = r.ownerOf(ctx, id.account)
	return owner, sameEmail, err
}

// ownerOf returns the user to whom an account is linked.
func (r *userResolver) ownerOf(ctx context.Context, account *Account) (candidate, error) {
	return candidateOf(r.adapter.UserByAccount(ctx, account.Provider, account.ProviderAccountID))
}

// userByEmail returns the user with an e-mail address.
func (r *userResolver) userByEmail(ctx context.Context, email string) (candidate, error) {
	return candidateOf(r.adapter.UserByEmail(ctx, email))
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
	if err != nil || len(keys) > 0 {
		return false, err
	}
	if has, err := r.features.hasCredential(ctx, u.ID); has || err != nil || r.hasOther == nil {
		return err == nil && !has, err
	}
	other, err := r.hasOther(ctx, u)
	if err != nil {
		return false, applicationError(codeCallbackRoute, "Callbacks.HasOtherCredential", err)
	}
	return !other, nil
}
