package cardea

import "time"

// User is what sign-in knows about a user: the columns that every user entity has. Most
// applications get their own type from [Handle] or [UserAs] and never use User.
type User struct {
	ID            string    // the key of the row
	Name          string    // "" if there is none
	Email         string    // in lower case; "" if there is none
	EmailVerified time.Time // when the user proved the address; zero if it is not proven
	Image         string    // URL of a picture; "" if there is none

	// Entity is the application's row, a pointer to the type with which the adapter was made. It is
	// nil without an adapter, and in a JWT session until the row is read.
	Entity any
}
