// Package oauth holds what an application or the author of a provider writes about an OAuth 2.0 or
// OpenID Connect provider: [Provider] with its rules and hooks, [Claims], [Profile] and [Style].
//
// Most applications call a constructor of package provider, such as provider.GitHub, and never fill
// in a [Provider] themselves. Write the literal for a service that has no constructor:
//
//	&oauth.Provider{
//		ID: "acme", Name: "Acme", Type: oauth.TypeOAuth2,
//		ClientID: os.Getenv("AUTH_ACME_ID"), ClientSecret: os.Getenv("AUTH_ACME_SECRET"),
//		AuthorizationURL: "https://acme.example/authorize",
//		TokenURL:         "https://acme.example/token",
//		UserinfoURL:      "https://acme.example/me",
//		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
//			return oauth.Profile{ID: raw.String("id"), Name: raw.String("name")}, nil
//		},
//	}
//
// cardea.New validates the literal and reports every fault with the name of its field.
package oauth
