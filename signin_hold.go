package cardea

import (
	"context"
	"errors"
	"maps"

	"github.com/cardea-auth/cardea/feature"
)

// hold is the transaction of a sign-in that a condition holds. It adds a new user, because a
// feature needs the row, and stores the tokens of the provider in an account that the user has
// already. Proof.Within runs: what it uses up, or checks under the lock of the user, belongs to the
// first proof. Everything else waits, and the session of the browser goes on. A first proof of an
// address does not wait if the feature then has nothing of the user that could be asked for.
func (r *userResolver) hold(ctx context.Context, id *identity, asked plan) (*signInResult, error) {
	if err := r.lock(ctx, asked.changed()); err != nil {
		return nil, err
	}
	if err := r.takePending(ctx, id.pending); err != nil {
		return nil, err
	}
	p, err := r.planAgain(ctx, id, asked)
	if err != nil {
		return nil, err
	}
	account := id.storedAccount()
	res := &signInResult{SignIn: p.signIn(id, &account)}
	switch {
	case p.user == nil:
		if res, err = r.writeUser(ctx, id, p); err != nil {
			return nil, err
		}
		id.holds.isNew, id.holds.stored = true, res.linked
	case p.isFirstProof(id) && id.holds.takesOver:
		if res, err = r.writeUser(ctx, id, p); err != nil {
			return nil, err
		}
		if err := r.endOthers(ctx, id, res); err != nil {
			return nil, err
		}
		id.holds.stored = res.linked
	case id.storesAccount() && !p.links(id):
		account.UserID = p.user.ID
		if err := r.storeAccount(ctx, id, res); err != nil {
			return nil, err
		}
		id.holds.stored = true
	}
	if err := id.writeWithin(ctx, res.User); err != nil {
		return nil, err
	}
	r.setOrder(id, res)
	id.holds.userID = res.User.ID
	store, _ := feature.StoreOf[TokenStore](r.adapter) // Hold has found one
	return res, store.CreateVerificationToken(ctx, id.holds.row())
}

// takePending uses a sign-in that waits; nil is none. Of any number of callers one gets it.
func (r *userResolver) takePending(ctx context.Context, p *pendingSignIn) error {
	if p == nil {
		return nil
	}
	store, _ := feature.StoreOf[TokenStore](r.adapter) // it has come from one
	_, err := consumeToken(ctx, store, p.row())
	if errors.Is(err, ErrNotFound) {
		return noPending()
	}
	return err
}

// replacePending stores a sign-in that waits under another key.
func (r *userResolver) replacePending(ctx context.Context, p *pendingSignIn) (*pendingSignIn, error) {
	next := *p
	next.id, next.sealed = randomToken(), maps.Clone(p.sealed)
	next.sealed[pendingID] = next.id
	store, _ := feature.StoreOf[TokenStore](r.adapter)
	return &next, store.CreateVerificationToken(ctx, next.row())
}

// setOrder makes the sign-in one that began after all that have ended.
func (p *pendingSignIn) setOrder(order int64) {
	p.identity.order = order
	p.sealed[sealedOrder] = order
}

// tryAdopt asks Adopt and undoes what it does: only a person who becomes the user waits for the
// second proof of that user. It asks again when the sign-in is finished.
func (r *userResolver) tryAdopt(ctx context.Context, id *identity, p plan) error {
	if p.decision != decisionAdopt || id.holds.takesOver {
		return nil
	}
	err := r.transact(ctx, func(ctx context.Context) error {
		if err := r.lock(ctx, p.user); err != nil {
			return err
		}
		if err := r.askAdopt(ctx, id, p); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}
