package seal

import "encoding/json"

// maxHeader is the maximum length of a protected header, in bytes of base64url. The headers of
// Auth.js have at most 182.
const maxHeader = 1 << 10

// header is a protected header with the algorithm "dir".
type header struct {
	enc    encoding
	kid    string
	hasKid bool
}

// readHeader decodes a header. A header that is equal to that of a key, as all headers of Auth.js
// are, needs no parsing.
func readHeader(text string, keys []key) (header, bool) {
	for i := range keys {
		if keys[i].protected == text {
			return keys[i].header, true
		}
	}
	return parseHeader(text)
}

// parseHeader refuses every member but alg, enc and kid. A token must not decide how much work it
// causes (zip, with a huge plaintext, or p2c), which extensions apply (crit) or which key is used
// (jwk, jku).
func parseHeader(text string) (header, bool) {
	if len(text) > maxHeader {
		return header{}, false
	}
	decoded, err := strict.DecodeString(text)
	if err != nil {
		return header{}, false
	}
	// A map, not a struct: its keys match exactly, and a value that is not a string is an error.
	var members map[string]string
	if json.Unmarshal(decoded, &members) != nil || members["alg"] != "dir" {
		return header{}, false
	}
	for name := range members {
		if name != "alg" && name != "enc" && name != "kid" {
			return header{}, false
		}
	}
	kid, hasKid := members["kid"]
	return header{enc: encoding(members["enc"]), kid: kid, hasKid: hasKid}, true
}

// matches reports whether the key may have encrypted a token with that header.
func (k *key) matches(h header) bool {
	return k.enc == h.enc && (!h.hasKid || k.kid == h.kid)
}
