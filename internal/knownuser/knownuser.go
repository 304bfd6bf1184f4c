// Package knownuser lets a check of credentials say whom it is about to check, before it does the
// check: tries are then counted for the user, by whatever name.
package knownuser

import "context"

type key struct{}

// With returns a context from which Tell calls fn.
func With(ctx context.Context, fn func(ctx context.Context, userID, credential string) error) context.Context {
	return context.WithValue(ctx, key{}, fn)
}

// Tell says that the account belongs to a user, "" if to nobody, whose stored credential is the
// given one. An error is the one with which the check ends. Without With it does nothing.
func Tell(ctx context.Context, userID, credential string) error {
	if fn, ok := ctx.Value(key{}).(func(context.Context, string, string) error); ok {
		return fn(ctx, userID, credential)
	}
	return nil
}
