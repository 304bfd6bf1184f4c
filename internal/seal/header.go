package seal

import "encoding/json"

// maxHeader is the length of the longest protected header, in bytes of base64url. Those of the
// original have 182 at most.
const maxHeader = 1 << 10

// header is a protected header with the algorithm "dir".
type header struct {
	enc    encoding
	kid    string
	hasKid bool
}

// readHeader returns the header that text encodes. What the keys would write themselves, and the
// original as well, needs no parsing.
func readHeader(text string, keys []key) (header, bool) {
	for i := range keys {
		if keys[i].protected == text {
			return keys[i].header, true
		}
	}
	return parseHeader(text)
}

// parseHeader refuses every member but alg, enc and kid, so that nothing in a token decides about
// work or keys: not zip, whose plaintext may be huge, not p2c, not crit, no jwk or jku.
func parseHeader(text string) (header, bool) {
	if len(text) > maxHeader {
		return header{}, false
	}
	decoded, err := strict.DecodeString(text)
	if err != nil {
		return header{}, false
	}
	// unlike those of a struct, its names match exactly, and a value that is not text is an error
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

// fits reports whether the key may have made a token with that header.
func (k *key) fits(h header) bool {
	return k.enc == h.enc && (!h.hasKid || k.kid == h.kid)
}
