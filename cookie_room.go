package cardea

import (
	"errors"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/redirect"
)

// The cookies of one browser share one header, of which nginx and Apache accept 8 kB by default
// (large_client_header_buffers, LimitRequestFieldSize); with a longer one every page of the site
// answers 400. The application has cookies, too.
const (
	maxCookieBytes = 5 << 10 // of all cookies of this package together
	minCookieBytes = 2 << 10 // of those that are not of the session, however large that is
)

// cookieRoom sets cookies within the bounds for all cookies of a browser.
type cookieRoom struct{ *exchange }

// sealedURL is the claim of an encrypted cookie that is shortened if there is too little room.
const sealedURL = "callbackUrl"

// setSealed encrypts claims as the value of a cookie that lasts for maxAge. If there is too little
// room in the cookie or in the browser, the remembered callback URL and the oldest flows go, and
// then parts of the claims' callback URL: the fragment, the query, all of it.
func (e cookieRoom) setSealed(salt string, c cookie.Cookie, maxAge time.Duration, claims map[string]any) error {
	c.MaxAge, c.Expires = int(maxAge.Seconds()), e.now.Add(maxAge)
	for {
		value, err := e.auth.sealer.Seal(salt, claims, e.now, maxAge)
		if err != nil {
			return err
		}
		c.Value = value
		err = e.jar.Set(c)
		if err == nil && e.makeRoom(c.Name) {
			return nil
		}
		if err != nil && !errors.Is(err, cookie.ErrTooLong) || !shortenURL(claims) {
			return err
		}
	}
}

// shortenURL shortens the callback URL of claims, and reports false if there is none left.
func shortenURL(claims map[string]any) bool {
	to, _ := claims[sealedURL].(string)
	if to == "" {
		return false
	}
	shorter, ok := redirect.Shorten(to)
	if !ok {
		shorter = ""
	}
	claims[sealedURL] = shorter
	return true
}

// makeRoom gives up what is worth less than the cookie with that name until there is room for it,
// and reports whether there is: the remembered callback URL, which that cookie has as well, and
// then the other flows, the oldest first.
func (e cookieRoom) makeRoom(keep string) bool {
	if !e.hasRoom() {
		_ = e.jar.Set(cookie.Cookie{Name: e.names.CallbackURL, Value: e.origin.String()})
	}
	for _, name := range e.flows(0) {
		if e.hasRoom() {
			return true
		}
		if name != keep {
			e.jar.Clear(name)
		}
	}
	return e.hasRoom()
}

// hasRoom reports whether the browser's cookies are within their bounds.
func (e cookieRoom) hasRoom() bool {
	session, others := e.jar.Size()
	return others <= max(minCookieBytes, maxCookieBytes-session)
}

// rememberCallbackURL stores the callback URL in its cookie: as much of it as there is room for,
// and at least the site's root, so that no earlier one stays. Every flow has its own.
func (e cookieRoom) rememberCallbackURL() {
	for to, more := e.callbackURL, true; more; to, more = redirect.Shorten(to) {
		err := e.jar.Set(cookie.Cookie{Name: e.names.CallbackURL, Value: to})
		if err == nil && e.hasRoom() {
			return
		}
	}
	_ = e.jar.Set(cookie.Cookie{Name: e.names.CallbackURL, Value: e.origin.String()})
}

// flows returns the cookies of the flows that the browser has, the oldest first, without the newest
// ones up to that number.
func (e cookieRoom) flows(newest int) []string {
	names := e.jar.WithPrefix(e.names.State + ".")
	slices.Sort(names)
	return names[:max(0, len(names)-newest)]
}
