package cardea

import "time"

// User is what sign-in knows about a user: the columns that every user entity has. Most
// applications get their own type from [Handle] or [UserAs] and never use User.
type User struct {
	ID    string // the key of the row
	Name  string // "" if there is none
	Email string // in lower case; "" if there is none
	Image string // URL of a picture; "" if there is none

	// EmailVerified is when the user proved the address, and zero if it is not proven. Sign-in sets
	// it for a mail, and for a provider that the application trusts with addresses; see
	// oauth.Provider.LinkByVerifiedEmail. The word of any other provider is only in the profile.
	//
	// If it is set, whoever proves the address is this user. So an application that writes the row
	// must set it only for an address that the user has proven, and clear it when it changes Email.
	EmailVerified time.Time

	// Entity is the application's row, a pointer to the type with which the adapter was made. It is
	// nil without an adapter, and in a JWT session until the row is read.
	Entity any
}
