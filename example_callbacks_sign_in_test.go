package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// Only people with a verified address of the company may sign in. The visitor sees the code, and
// the log has the cause.
func ExampleCallbacks_signIn() {
	config := cardea.Config{
		Callbacks: cardea.Callbacks{
			SignIn: func(_ context.Context, in *cardea.SignIn) (redirect string, err error) {
				p := in.Profile
				if !p.EmailVerified || !strings.HasSuffix(p.Email, "@example.com") {
					return "", &cardea.Error{Code: cardea.CodeAccessDenied, Err: errors.New("not of this company")}
				}
				return "", nil
			},
		},
	}

	for _, p := range []*oauth.Profile{
		{ID: "1", Email: "ann@example.com", EmailVerified: true},
		{ID: "2", Email: "ann@example.com", EmailVerified: false},
		{ID: "3", Email: "eve@evil.example", EmailVerified: true},
	} {
		_, err := config.Callbacks.SignIn(context.Background(), &cardea.SignIn{Profile: p})
		fmt.Println(p.ID, err)
	}
	// Output:
	// 1 <nil>
	// 2 AccessDenied: not of this company
	// 3 AccessDenied: not of this company
}
