package cardea

import (
	"context"
	"errors"
	"reflect"

	"github.com/cardea-auth/cardea/oauth"
)

// UserHook is a function that gets the application's own row of a user: for [Config.OnCreateUser]
// it is made by [BeforeCreate], for [Config.SessionUser] by [SessionUser]. The zero value does
// nothing.
type UserHook struct {
	entity  reflect.Type
	fill    func(ctx context.Context, entity any, p *oauth.Profile) error // of BeforeCreate
	members func(ctx context.Context, row *User) (map[string]any, error)  // of SessionUser
}

// BeforeCreate returns a hook that fills the application's columns of a new user from the profile.
//
// The hook runs in the transaction that then inserts the user, the account and the session; ctx
// carries that transaction. If the transaction must be repeated, it runs again. After it, sign-in
// writes its own columns: id, name, email, email verification and image.
//
// An error undoes the sign-in. If it is an [Error], the visitor sees its code. If it wraps
// context.Canceled or context.DeadlineExceeded, the visitor gets 503.
//
// U must be the type with which the adapter was made. Otherwise [New] returns an error.
func BeforeCreate[U any](fill func(ctx context.Context, u *U, p *oauth.Profile) error) UserHook {
	return UserHook{
		entity: reflect.TypeFor[*U](),
		fill: func(ctx context.Context, entity any, p *oauth.Profile) error {
			return fill(ctx, entity.(*U), p)
		},
	}
}

// SessionUser returns a hook that says what the browser may know of the user's own row, such as the
// role: the members that it returns are added to user in the answer of GET session, where name,
// email and image are already. Each value must be one that encoding/json can write. Return single
// fields, not the whole row: everybody who uses the browser can read them.
//
// With both values of [Strategy] the row is read from the store each time, so a change shows at the
// next GET session, and in the React clients of Auth.js at the next update or focus of the window.
// A JWT session whose user was deleted ends there. The token has none of these members; programs
// that read the token itself get what Callbacks.JWT adds. After the hook, Callbacks.Session may
// change everything.
//
// The members name, email and image are those of sign-in. A hook that returns one of them fails the
// request; Callbacks.Session can change them. So does an error, which is logged; the browser gets
// status 500 or, if it wraps context.Canceled or context.DeadlineExceeded, 503. The row must not be
// changed. The hook may be called concurrently.
//
// U must be the type with which the adapter was made, or [User], even without an adapter. Otherwise
// [New] returns an error.
func SessionUser[U any](members func(ctx context.Context, u *U) (map[string]any, error)) UserHook {
	return UserHook{
		entity: reflect.TypeFor[*U](),
		members: func(ctx context.Context, row *User) (map[string]any, error) {
			u, err := rowAs[U](row)
			if err != nil {
				return nil, err
			}
			return members(ctx, u)
		},
	}
}

// addMembers adds what a hook of SessionUser returns for the user whom ctx is about. The error is
// ErrNoSession if the user was deleted.
func (h UserHook) addMembers(ctx context.Context, user oauth.Claims) error {
	if h.members == nil {
		return nil
	}
	row, err := UserAs[User](ctx)
	if errors.Is(err, ErrNoSession) {
		return err
	} else if err != nil {
		return storeError("the user of the session", err)
	}
	members, err := h.members(ctx, row)
	if err != nil {
		return applicationError(CodeConfiguration, "SessionUser", err)
	}
	for name, value := range members {
		if _, taken := user[name]; taken {
			return fail(CodeConfiguration, "SessionUser returns a member %q, which sign-in has; "+
				"change it in Callbacks.Session", name)
		}
		user[name] = value
	}
	return nil
}

// typeOfUser returns the type of the adapter's user entities, and nil if it has none.
func typeOfUser(a Adapter) reflect.Type {
	if a == nil {
		return nil
	}
	return reflect.TypeOf(a.NewUser())
}
