// Package cookie reads the cookies of a request and writes those of its response as Auth.js and
// NextAuth.js do: their names, attributes and encoding, and long sessions split into several
// cookies.
package cookie

import "strings"

// Names are the names of the cookies of one deployment, and what is common to all of them.
type Names struct {
	Session     string // of the session, also the first part of the names of its chunks
	CallbackURL string // of the URL to return to after signing in
	CSRF        string // of the CSRF token
	State       string // of the states of sign-ins at providers, each with its own suffix
	Mail        string // of a sign-in by e-mail; Auth.js has no such cookie

	Secure    bool   // whether the cookies have the attribute Secure: browsers send them over https only
	Domain    string // the Domain attribute of the session, such as example.com; "" for this host alone
	ChunkSize int    // the maximum size of one chunk of a session, in bytes
}

// NamesV5 returns the names of Auth.js. If secure is true they have prefixes, so that no page on
// http can set them. Other hosts of the domain cannot set the cookie of the CSRF token either, nor
// those of a sign-in that is in progress (RFC 6265bis § 4.1.3). The other names are those of
// Auth.js.
func NamesV5(secure bool) Names {
	return names("authjs", secure, 3936)
}

// NamesV4 returns the names of NextAuth.js 4, with prefixes as [NamesV5].
func NamesV4(secure bool) Names {
	return names("next-auth", secure, 3933)
}

// WithCookiePrefix returns a copy of the names that begin with prefix instead of authjs or
// next-auth.
func (n Names) WithCookiePrefix(prefix string) Names {
	other := names(prefix, n.Secure, n.ChunkSize)
	other.Domain = n.Domain
	return other
}

func names(prefix string, secure bool, chunkSize int) Names {
	anyHost, thisHost := "", ""
	if secure {
		anyHost, thisHost = "__Secure-", "__Host-"
	}
	return Names{
		Session:     anyHost + prefix + ".session-token",
		CallbackURL: anyHost + prefix + ".callback-url",
		CSRF:        thisHost + prefix + ".csrf-token",
		State:       thisHost + prefix + ".state",
		Mail:        thisHost + prefix + ".mail",
		Secure:      secure,
		ChunkSize:   chunkSize,
	}
}

// Feature returns the name of a cookie of a feature: of this host alone, like that of the CSRF
// token.
func (n *Names) Feature(id, name string) string { return n.features() + id + "." + name }

// Device returns the name of the cookie of a browser in which somebody has signed in.
func (n *Names) Device() string { return strings.TrimSuffix(n.Mail, "mail") + "device" }

// Pending returns the name of the cookie of a sign-in that waits for a second proof.
func (n *Names) Pending() string { return strings.TrimSuffix(n.Mail, "mail") + "pending" }

// features is how the names of all cookies of features begin.
func (n *Names) features() string { return strings.TrimSuffix(n.Mail, "mail") + "feature." }

// isOurs reports whether a cookie with that name, which is not one of the session, is set by this
// deployment.
func (n *Names) isOurs(name string) bool {
	return name == n.CallbackURL || name == n.CSRF || name == n.Mail || name == n.Device() || name == n.Pending() ||
		strings.HasPrefix(name, n.State+".") || strings.HasPrefix(name, n.features())
}
