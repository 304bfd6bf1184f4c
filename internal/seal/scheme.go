package seal

// Scheme is how a generation of the original derives its keys and encrypts.
type Scheme int

// The generations. Neither reads the other's tokens, even with the same secret.
const (
	SchemeV5 Scheme = iota // Auth.js
	SchemeV4               // NextAuth.js 4
)

// SessionSalt returns the salt of the session in a cookie of that name. The salt of any other token
// is the name of its cookie.
func (s Scheme) SessionSalt(cookie string) string {
	if s == SchemeV4 {
		return ""
	}
	return cookie
}

// encodings returns what the scheme reads, first what it also writes. A256GCM in v5 is from the
// betas of Auth.js.
func (s Scheme) encodings() []encoding {
	if s == SchemeV4 {
		return []encoding{a256gcm}
	}
	return []encoding{a256cbcHS512, a256gcm}
}

// info returns the context of the key derivation.
func (s Scheme) info(salt string) string {
	switch {
	case s == SchemeV5:
		return "Auth.js Generated Encryption Key (" + salt + ")"
	case salt == "":
		return "NextAuth.js Generated Encryption Key"
	}
	return "NextAuth.js Generated Encryption Key (" + salt + ")"
}
