package seal

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/uuid"
)

// Tolerance is how far the clocks of two servers may differ. A token is accepted for so long after
// its maximum age; whoever remembers used tokens must remember them as long.
const Tolerance = 15 * time.Second

const tolerance = int64(Tolerance / time.Second)

// encode returns the claims as JSON, with iat, exp and jti of the token (RFC 7519 § 4.1).
func encode(claims map[string]any, now time.Time, maxAge time.Duration) ([]byte, error) {
	iat := now.Unix()
	return marshal(claims,
		jsonvalue.Member{Name: "iat", Value: iat},
		jsonvalue.Member{Name: "exp", Value: iat + int64(maxAge/time.Second)},
		jsonvalue.Member{Name: "jti", Value: uuid.NewRandom()},
	)
}

// marshal returns the claims as JSON, with more members, which replace claims with their names. It
// does not escape HTML: a token is never part of a page, and cookies have little space.
func marshal(claims map[string]any, more ...jsonvalue.Member) ([]byte, error) {
	members := make([]jsonvalue.Member, 0, len(claims)+len(more))
	for name, value := range claims {
		if !slices.ContainsFunc(more, func(m jsonvalue.Member) bool { return m.Name == name }) {
			members = append(members, jsonvalue.Member{Name: name, Value: value})
		}
	}
	const size = 512 // bytes, which most tokens do not exceed
	return jsonvalue.AppendObject(make([]byte, 0, size), append(members, more...))
}

// decode returns the claims if the token is valid now.
func decode(text []byte, now time.Time) (map[string]any, error) {
	claims, err := unmarshal(text)
	if err != nil {
		return nil, err
	}
	if err := checkTime(claims, now.Unix()); err != nil {
		return nil, err
	}
	return claims, nil
}

func unmarshal(text []byte) (map[string]any, error) {
	if claims, ok := jsonvalue.Object(text); ok {
		return claims, nil
	}
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&claims) != nil || claims == nil {
		return nil, ErrInvalid
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrInvalid
	}
	return claims, nil
}

// checkTime checks exp, nbf and iat (RFC 7519 § 4.1.4 to 4.1.6). A token whose exp is exactly the
// tolerance ago has expired.
func checkTime(claims map[string]any, now int64) error {
	exp, expOK := seconds(claims, "exp", math.Inf(1))
	nbf, nbfOK := seconds(claims, "nbf", math.Inf(-1))
	_, iatOK := seconds(claims, "iat", 0)
	switch {
	case !expOK || !nbfOK || !iatOK || nbf > float64(now+tolerance):
		return ErrInvalid
	case exp <= float64(now-tolerance):
		return ErrExpired
	}
	return nil
}

// seconds returns a claim that is a time, or missing if there is no such claim. It may have a
// fraction (RFC 7519 § 2). It returns false for a claim that is not a number.
func seconds(claims map[string]any, name string, missing float64) (at float64, ok bool) {
	v, found := claims[name]
	if !found {
		return missing, true
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	at, err := n.Float64()
	return at, err == nil
}
