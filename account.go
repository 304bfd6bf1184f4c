package cardea

import (
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/oauth"
)

// Account links a user to an identity at a provider, and holds the tokens of the last sign-in
// there. Its key is Provider with ProviderAccountID. An e-mail address is never part of the key.
//
// The JSON has no tokens, and package fmt and loggers print none.
type Account struct {
	UserID            string       // the id of the [User]
	Type              ProviderType // the kind of the provider
	Provider          string       // the id of the provider, such as "github"
	ProviderAccountID string       // the provider's own immutable id of the person, 255 bytes at most

	RefreshToken string    `json:"-"` // "" if there is none
	AccessToken  string    `json:"-"` // "" if there is none
	ExpiresAt    time.Time // when AccessToken expires, to the second; zero if the provider did not say
	TokenType    string    // in lower case, such as "bearer"; "" if there is none
	Scope        string    // the granted scopes, separated by spaces; "" if unknown
	IDToken      string    `json:"-"` // "" if there is none
	SessionState string    // OpenID Connect Session Management's session_state; "" if there is none

	// Entity is the application's row, a pointer to the type that the adapter was given for
	// accounts, such as *Link for gormadapter.WithAccount[Link]. It is nil if the adapter was given
	// none, and before the account is linked.
	Entity any
}

// isSame reports whether b, which may be nil, has the key of a.
func (a *Account) isSame(b *Account) bool {
	return b != nil && a.Provider == b.Provider && a.ProviderAccountID == b.ProviderAccountID
}

// newAccount returns an account with the tokens t, which is nil for a provider without tokens.
func newAccount(p *oauth.Provider, id string, t *oauth2.Token) *Account {
	account := &Account{Type: ProviderType(p.Type), Provider: p.ID, ProviderAccountID: id}
	if t != nil {
		account.AccessToken, account.RefreshToken, account.IDToken = t.Access, t.Refresh, t.IDToken
		account.ExpiresAt, account.TokenType = t.Expires, t.Type
		account.Scope, account.SessionState = t.Scope, t.SessionState
	}
	return account
}
