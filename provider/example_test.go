package provider_test

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// Auth.js uses the same variable names, so a deployment can keep them.
func ExampleEnv() {
	os.Setenv("AUTH_GITHUB_ID", "Iv1.0123456789abcdef")
	os.Setenv("AUTH_GITHUB_SECRET", "from the settings page at GitHub")

	github := provider.GitHub(provider.Env("AUTH_GITHUB"))

	fmt.Println(github.Name, github.ClientID)
	// Output: GitHub Iv1.0123456789abcdef
}

// The fields of a provider may be changed before it is passed to cardea.New.
func ExampleGitHub() {
	github := provider.GitHub(provider.Client{ID: "id", Secret: "secret"})
	github.Scopes = append(github.Scopes, "read:org")

	fmt.Println(github.Scopes)
	// Output: [read:user user:email read:org]
}

// Google issues a refresh token only if it is requested, and only at the first consent.
func ExampleGoogle() {
	google := provider.Google(provider.Client{ID: "id", Secret: "secret"})
	google.AuthorizationParams = url.Values{"access_type": {"offline"}, "prompt": {"consent"}}

	fmt.Println(google.Type, google.Issuer)
	// Output: oidc https://accounts.google.com
}

// OIDC supports a company's own identity provider. Its endpoints and keys are discovered.
func ExampleOIDC() {
	staff := provider.OIDC("staff", "Staff",
		provider.Client{ID: "id", Secret: "secret", Issuer: "https://sso.example.com/realms/staff"})
	staff.LinkByVerifiedEmail = true // the company verifies the addresses of its staff

	fmt.Println(staff.Type, staff.ID)
	// Output: oidc staff
}

// OAuth2 supports servers without OpenID Connect. The application maps the userinfo response to a
// profile.
func ExampleOAuth2() {
	acme := provider.OAuth2("acme", "Acme", provider.Client{ID: "id", Secret: "secret"},
		provider.Endpoints{
			Authorization: "https://acme.example/oauth/authorize",
			Token:         "https://acme.example/oauth/token",
			Userinfo:      "https://acme.example/api/me",
		},
		func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("account", "id"),
				Name:          raw.String("account", "display_name"),
				Email:         raw.String("account", "email"),
				EmailVerified: raw.True("account", "email_confirmed"),
			}, nil
		})

	person, err := acme.Profile(context.Background(), oauth.Claims{
		"account": map[string]any{"id": 42, "display_name": "Ann", "email": "ann@example.com", "email_confirmed": true},
	})
	fmt.Println(person.ID, person.Name, person.Email, person.EmailVerified, err)
	// Output: 42 Ann ann@example.com true <nil>
}
