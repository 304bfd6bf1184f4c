package seal

// Scheme is the way in which a major version of Auth.js derives its keys and encrypts.
type Scheme int

// The schemes. Neither can decrypt the tokens of the other, even with the same secret.
const (
	SchemeV5 Scheme = iota // Auth.js
	SchemeV4               // NextAuth.js 4
)

// SessionSalt returns the salt of a session in the cookie with that name. The salt of every other
// token is the name of its cookie.
func (s Scheme) SessionSalt(cookie string) string {
	if s == SchemeV4 {
		return ""
	}
	return cookie
}

// encodings returns the algorithms that the scheme decrypts. It encrypts with the first. The betas
// of Auth.js v5 encrypted with A256GCM.
func (s Scheme) encodings() []encoding {
	if s == SchemeV4 {
		return []encoding{a256gcm}
	}
	return []encoding{a256cbcHS512, a256gcm}
}

// info returns the info parameter of HKDF.
func (s Scheme) info(salt string) string {
	switch {
	case s == SchemeV5:
		return "Auth.js Generated Encryption Key (" + salt + ")"
	case salt == "":
		return "NextAuth.js Generated Encryption Key"
	}
	return "NextAuth.js Generated Encryption Key (" + salt + ")"
}
