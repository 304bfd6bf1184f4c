package cardea

import "time"

// Account links a user to an identity at a provider, and holds the tokens of the last sign-in
// there. Its key is Provider with ProviderAccountID. An e-mail address is never part of it.
type Account struct {
	UserID            string       // the id of the [User]
	Type              ProviderType // of the provider
	Provider          string       // the id of the provider, such as "github"
	ProviderAccountID string       // the provider's own immutable id of the person, 255 bytes at most

	RefreshToken string    // "" if there is none
	AccessToken  string    // "" if there is none
	ExpiresAt    time.Time // when AccessToken expires, to the second; zero if the provider did not say
	TokenType    string    // lower case, such as "bearer"
	Scope        string    // the granted scopes, separated by spaces
	IDToken      string    // "" if there is none
	SessionState string    // OpenID Connect Session Management's session_state; "" if there is none

	// Entity is the application's row, a pointer to the type that the adapter was given for
	// accounts, such as *Link for gormadapter.WithAccount[Link]. It is nil if the adapter was given
	// none, and before the account is linked.
	Entity any
}
