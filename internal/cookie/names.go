// Package cookie reads the cookies of a request and writes those of its response, as Auth.js and
// NextAuth.js do: names, attributes, encoding, and a long session split over several cookies.
package cookie

// Names are the cookies of one deployment, with what else depends on the generation and on https.
type Names struct {
	Session     string
	CallbackURL string
	CSRF        string
	State       string
	PKCE        string
	Nonce       string
	Challenge   string // of WebAuthn; the original has it in v5 only
	Mail        string // of sign-in by e-mail; the original has none

	Secure    bool   // browsers send the cookies over https only
	Domain    string // whose hosts all get the session, such as example.com; "" for this host alone
	ChunkSize int    // how many bytes of a session go into one cookie
}

// NamesV5 returns the names of Auth.js. With secure they have the prefixes that keep a page on http
// from setting them and, for the CSRF token, also another host of the domain (RFC 6265bis § 4.1.3).
func NamesV5(secure bool) Names {
	return names("authjs", secure, 3936)
}

// NamesV4 returns the names of NextAuth.js 4.
func NamesV4(secure bool) Names {
	return names("next-auth", secure, 3933)
}

// As returns the cookies of another application, named after it.
func (n Names) WithCookiePrefix(app string) Names {
	other := names(app, n.Secure, n.ChunkSize)
	other.Domain = n.Domain
	return other
}

func names(app string, secure bool, chunkSize int) Names {
	anyHost, thisHost := "", ""
	if secure {
		anyHost, thisHost = "__Secure-", "__Host-"
	}
	return Names{
		Session:     anyHost + app + ".session-token",
		CallbackURL: anyHost + app + ".callback-url",
		CSRF:        thisHost + app + ".csrf-token",
		State:       anyHost + app + ".state",
		PKCE:        anyHost + app + ".pkce.code_verifier",
		Nonce:       anyHost + app + ".nonce",
		Challenge:   anyHost + app + ".challenge",
		Mail:        thisHost + app + ".mail",
		Secure:      secure,
		ChunkSize:   chunkSize,
	}
}
