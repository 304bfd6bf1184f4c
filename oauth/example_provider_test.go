package oauth_test

import (
	"context"
	"fmt"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// A provider for a service that has no constructor in package provider. Fields that are not set
// have the values of the standards.
func ExampleProvider() {
	acme := &oauth.Provider{
		ID:               "acme",
		Name:             "Acme",
		Type:             oauth.TypeOAuth2,
		ClientID:         "id",
		ClientSecret:     "secret",
		AuthorizationURL: "https://acme.example/authorize",
		TokenURL:         "https://acme.example/token",
		UserinfoURL:      "https://acme.example/me",
		Scopes:           []string{"profile"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("user", "id"),
				Name:          raw.String("user", "display_name"),
				Email:         raw.String("user", "email"),
				EmailVerified: raw.True("user", "email_confirmed"),
			}, nil
		},
	}

	_, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		BaseURL:   "https://example.com",
		Providers: []cardea.Provider{acme},
	})
	fmt.Println(err)

	// What the service answers at UserinfoURL becomes the profile of a person.
	p, err := acme.Profile(context.Background(), oauth.Claims{"user": map[string]any{
		"id": "7", "display_name": "Ann Example", "email": "ann@example.com", "email_confirmed": true,
	}})
	fmt.Println(p.ID, p.Name, p.Email, p.EmailVerified, err)
	// Output:
	// <nil>
	// 7 Ann Example ann@example.com true <nil>
}
