package cardea

import (
	"context"
	"errors"

	"github.com/cardea-auth/cardea/feature"
)

// singleUse is a token that was mailed to an address and proves it, such as that of a link. The
// sign-in uses it up; see [feature.Addresses].UseInSignIn.
type singleUse struct {
	of      *addresses
	address string
	hashes  []string

	token  feature.AddressToken // as it was stored
	isUsed bool                 // before the transaction of the sign-in
}

// before uses up the token in a transaction of its own, if anybody hears of the person before the
// transaction of the sign-in: the application, the condition of a feature, or the visitor who is
// asked about a link. Otherwise a token that was used, or has ended, could be shown to them again
// and again.
func (s *singleUse) before(ctx context.Context, isAsked bool) error {
	if s == nil || s.isUsed || !isAsked {
		return nil
	}
	if err := s.of.host.auth.config.Adapter.Transact(ctx, s.use); err != nil {
		return storeError("consume the verification token", err)
	}
	s.isUsed = true
	s.forget(ctx)
	return nil
}

// within uses up the token in the transaction of the sign-in, which ctx carries. If that is undone,
// the token is stored as before.
func (s *singleUse) within(ctx context.Context) error {
	if s == nil || s.isUsed {
		return nil
	}
	return s.use(ctx)
}

func (s *singleUse) use(ctx context.Context) error {
	now := s.of.host.Now()
	row, err := s.of.use(ctx, s.address, s.hashes, now)
	if errors.Is(err, ErrNotFound) || err == nil && !now.Before(row.Expires) {
		return fail(CodeVerification, "the token %w", errUsed) // an ErrNotFound would be a deleted user
	}
	if err == nil {
		s.token = feature.AddressToken{Hash: row.Token, Expires: row.Expires}
	}
	return err
}

// forget forgets that this browser has asked for the mail, whose token is used up.
func (s *singleUse) forget(ctx context.Context) {
	if s != nil {
		s.of.Forget(ctx)
	}
}

// restore stores the token again, if it was used before a sign-in for which the store has failed.
// If this fails as well, the visitor has to ask for another mail.
func (s *singleUse) restore(ctx context.Context, err error) {
	if failure, ok := errors.AsType[*Error](err); ok && failure.Code == codeAdapter && s != nil && s.isUsed {
		_ = s.of.Add(context.WithoutCancel(ctx), s.address, s.token)
	}
}
