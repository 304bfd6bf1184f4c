package cardea

import (
	"context"
	"errors"
)

// readLocker is an adapter that can lock the users whom it reads. See [Adapter].
type readLocker interface {
	LockReads(ctx context.Context, of Adapter) (locking context.Context, ok bool)
}

// errNotAtOnce says that a sign-in cannot be decided in its transaction alone.
var errNotAtOnce = errors.New("the sign-in cannot be decided at once")

// storesAtOnce reports whether storeAtOnce may be tried: nobody is asked about a sign-in, and this
// browser is not signed in. A sign-in that waited has checks of its own, whoever held it.
func (r *userResolver) storesAtOnce(ctx context.Context, id *identity) bool {
	if r.asksCallback || len(r.features.conditions) > 0 || id.session != nil || id.pending != nil || id.confirms != "" {
		return false
	}
	locker, ok := r.adapter.(readLocker)
	if ok {
		_, ok = locker.LockReads(ctx, r.adapter)
	}
	return ok
}

// storeAtOnce does in one transaction what other sign-ins do before it and again in it: it reads,
// locks the user, decides and writes. That saves two of eight statements, which BenchmarkMailSignIn
// and BenchmarkOAuthSignIn measure. If the person is neither a new user nor the owner of what was
// proven, nothing is written, and the error is errNotAtOnce.
func (r *userResolver) storeAtOnce(ctx context.Context, id *identity) (p plan, res *signInResult, err error) {
	err = r.transact(ctx, func(ctx context.Context) error {
		locking, ok := r.adapter.(readLocker).LockReads(ctx, r.adapter)
		if !ok {
			return errNotAtOnce
		}
		if p, err = r.plan(locking, id); err != nil {
			return err
		}
		if p.decision != decisionSignIn && p.decision != decisionCreate {
			return errNotAtOnce
		}
		if err := r.take(ctx, id); err != nil {
			return err
		}
		res, err = r.writePlan(ctx, id, p)
		return err
	})
	return p, res, err
}
