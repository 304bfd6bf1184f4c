package passwordhash

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// phc is a hash in the PHC string format, such as $argon2id$v=19$m=12288,t=3,p=1$salt$key.
type phc struct {
	id     string
	fields map[string]int // the version and the parameters
	salt   []byte
	key    []byte
}

var errMalformed = errors.New("its form is wrong")

// parsePHC reads a hash of an algorithm. Its parameters are exactly those with these names.
func parsePHC(hash string, names ...string) (phc, error) {
	parts := strings.Split(hash, "$")
	if len(parts) < 5 || parts[0] != "" {
		return phc{}, errMalformed
	}
	p := phc{id: parts[1], fields: map[string]int{}}
	last := len(parts) - 2
	for _, field := range strings.Split(strings.Join(parts[2:last], ","), ",") {
		name, value, _ := strings.Cut(field, "=")
		number, err := decimal(value)
		if _, repeated := p.fields[name]; repeated || err != nil {
			return phc{}, errMalformed
		}
		p.fields[name] = number
	}
	for _, name := range names {
		if _, ok := p.fields[name]; !ok || len(p.fields) != len(names) {
			return phc{}, errMalformed
		}
	}
	var err error
	if p.salt, err = decode(base64.RawStdEncoding, parts[last]); err != nil {
		return phc{}, err
	}
	p.key, err = decode(base64.RawStdEncoding, parts[last+1])
	return p, err
}

// decode decodes a salt or key in base64 that has exactly one spelling.
func decode(encoding *base64.Encoding, text string) ([]byte, error) {
	bytes, err := encoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // the decoder ignores line ends
		return nil, errMalformed
	}
	return bytes, nil
}

// decimal reads a number that has neither a sign nor a zero in front, and fits in 31 bits.
func decimal(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || text[0] == '0' && n != 0 {
		return 0, errMalformed
	}
	return int(n), nil
}

// checkLengths returns an error if a salt or key is too long, or a key too short.
func checkLengths(salt, key []byte) error {
	if len(salt) > maxSalt || len(key) < minKey || len(key) > maxKey {
		return errors.New("the length of its salt or key is not allowed")
	}
	return nil
}
