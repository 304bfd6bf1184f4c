package feature

import (
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// Cookie is a cookie of a feature in the browser of one request; see cardea.Host.Cookie. It is sent
// to this host alone. Its methods are for the time before the request is answered.
type Cookie interface {
	// Values returns the values of the cookie that the request has brought. They are nil if the
	// browser has none, or if it has expired. A browser can send a copy of a cookie again.
	Values() oauth.Claims

	// Set keeps values in the browser, encrypted and signed, for at most maxAge. If there is too
	// little room in the browser's cookies, it is an error.
	Set(maxAge time.Duration, values oauth.Claims) error

	// Clear deletes the cookie.
	Clear()
}
