package cardea_test

import (
	"context"
	"fmt"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// The role is copied into the token at sign-in. Later requests find it in Session.Claims and need
// no database.
func ExampleCallbacks_jwt() {
	// roleOf stands for a query of the application's table.
	roleOf := func(_ context.Context, userID string) (string, error) { return "EDITOR", nil }

	config := cardea.Config{
		Session: cardea.SessionConfig{Strategy: cardea.StrategyJWT},
		Callbacks: cardea.Callbacks{
			JWT: func(ctx context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
				if t.SignIn == nil { // an update, or a browser that reads its session
					return t.Claims, nil
				}
				role, err := roleOf(ctx, t.SignIn.User.ID)
				if err != nil {
					return nil, err
				}
				t.Claims["role"] = role
				return t.Claims, nil
			},
		},
	}

	claims, err := config.Callbacks.JWT(context.Background(), &cardea.TokenChange{
		Claims:  oauth.Claims{"sub": "7", "name": "Ann Example"},
		Trigger: cardea.TriggerSignIn,
		SignIn:  &cardea.SignIn{User: &cardea.User{ID: "7", Name: "Ann Example"}},
	})
	fmt.Println(claims, err)
	// Output: map[name:Ann Example role:EDITOR sub:7] <nil>
}
