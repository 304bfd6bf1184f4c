package factor

import (
	"context"
	"errors"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	// kindDevice is the kind of the tokens of remembered devices. They are not used up. They end
	// with all tokens of the user: see [cardea.Host.EndSessions].
	kindDevice = "factor-device"

	cookieDevice = "device"
)

// remember makes the browser one in which the user is not asked for the second factor. What ends
// the user's devices at the same time ends this one, too: the sign-in then does not wait any more.
func (f challenges) remember(ctx context.Context, userID string) error {
	if f.options.Remember == 0 {
		return nil
	}
	token := ""
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		err := f.host.Adapter().LockUser(ctx, userID)
		if err != nil && !errors.Is(err, cardea.ErrNotFound) {
			return err
		}
		if _, err := f.held(ctx); err != nil {
			return err
		}
		token, err = f.host.NewToken(ctx, kindDevice, userID, f.options.Remember, nil)
		return err
	})
	if err != nil {
		return err
	}
	return f.host.Cookie(ctx, cookieDevice).Set(f.options.Remember, oauth.Claims{"token": token})
}

// isRemembered reports whether a sign-in needs no second factor because of its browser. For
// somebody who is signed in already it does: they sign in again to prove more.
func (f challenges) isRemembered(ctx context.Context, in *cardea.SignIn) (bool, error) {
	token := f.host.Cookie(ctx, cookieDevice).Values().String("token")
	if f.options.Remember == 0 || token == "" || in.Current != nil && in.Current.ID == in.User.ID {
		return false, nil
	}
	userID, _, err := f.host.Token(ctx, kindDevice, token)
	if errors.Is(err, cardea.ErrNotFound) {
		return false, nil
	}
	return err == nil && userID == in.User.ID, err
}

// days is a time in days, rounded up.
func days(d time.Duration) int {
	const day = 24 * time.Hour
	return int((d + day - 1) / day)
}
