package cardea

import "time"

// Session is a visitor's signed-in state.
type Session struct {
	// Token is the session's key in a [SessionStore]: a hash of what the cookie holds, useless to whoever reads the database. Empty in a JWT
	// session.
	Token   string `json:"-"`
	UserID  string
	Expires time.Time

	User   *User  // the row; in a JWT session what the token says
	Claims Claims // the content of the token in a JWT session; nil otherwise

	// Entity is the application's own row, a pointer to the type that the adapter was given for it, such as *Visit for
	// gormadapter.WithSession[Visit]; nil where it was given none, and in a JWT session.
	Entity any
}
