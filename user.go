package cardea

import "time"

// User is what sign-in knows of a user: the columns that every user entity has. The application's
// own columns are in Entity; most applications let [Handle] or [UserAs] hand them their own type
// and never use this one.
type User struct {
	ID            string
	Name          string    // "" when there is none
	Email         string    // in lower case; "" when there is none
	EmailVerified time.Time // when the address was proven to be the user's; zero when it was not
	Image         string    // URL of a picture; "" when there is none

	// Entity is the application's own row, a pointer to the type that the adapter was made with;
	// nil where there is no such row: without an adapter, and in a JWT session until it is asked
	// for.
	Entity any
}
