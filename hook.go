package cardea

import (
	"context"
	"reflect"
)

// UserHook is a function for [Config.OnCreateUser], made by [BeforeCreate].
type UserHook struct {
	entity reflect.Type
	fill   func(ctx context.Context, entity any, p *Profile) error
}

// BeforeCreate makes a hook that fills the application's own columns of a new user from the
// provider's profile. It runs in the transaction that then inserts the user with the account and
// the session, which ctx carries; an error undoes the sign-in, and the visitor sees its code if it
// is an [Error], or 503 if it says that a context has ended. The columns that sign-in fills itself
// (id, name, email, email verification, image) are written over whatever the hook put there.
//
// U must be the type that the adapter was made with, or [New] reports it. The hook may run more
// than once for one user, when the database asks for the transaction to be tried again.
func BeforeCreate[U any](fill func(ctx context.Context, u *U, p *Profile) error) UserHook {
	return UserHook{
		entity: reflect.TypeFor[*U](),
		fill: func(ctx context.Context, entity any, p *Profile) error {
			return fill(ctx, entity.(*U), p)
		},
	}
}

// typeOfUser is the type of the adapter's user entities, nil if it has none.
func typeOfUser(a Adapter) reflect.Type {
	if a == nil {
		return nil
	}
	return reflect.TypeOf(a.NewUser())
}
