package cardea

import "time"

// Account links a user to an identity at a provider, and keeps the tokens of the last sign-in
// there. Its key is Provider with ProviderAccountID, the provider's own immutable id of the person;
// an e-mail address never is.
type Account struct {
	UserID            string
	Type              ProviderType
	Provider          string // the id of the provider, such as "github"
	ProviderAccountID string

	RefreshToken string
	AccessToken  string
	ExpiresAt    time.Time // when AccessToken expires; zero when the provider did not say; kept to the second
	TokenType    string    // lower case, such as "bearer"
	Scope        string
	IDToken      string
	SessionState string

	// Entity is the application's own row, a pointer to the type that the adapter was given for it,
	// such as *Link for gormadapter.WithAccount[Link]; nil where it was given none, and before the
	// account is linked.
	Entity any
}
