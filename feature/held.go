package feature

import "time"

// Held is a sign-in that waits for a second proof; see cardea.Host.Hold. It is no session.
type Held struct {
	UserID   string    // id of the user, who exists in the store
	Methods  []string  // how the person has proven who they are so far, as in cardea.Session
	Provider string    // how the person began, as Account.Provider
	Expires  time.Time // when the sign-in has to be begun again
}
