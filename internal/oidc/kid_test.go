package oidc

import (
	"crypto/elliptic"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// OpenID Connect Core 1.0 § 10.1 requires a kid in a token if the set has several keys, and none in
// the keys, where it is optional (RFC 7517 § 4.5):
// https://github.com/nov/openid_connect_sample_rp/issues/1.
func TestKidThatTheKeysDoNotHave(t *testing.T) {
	t.Parallel()
	key, other, third := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	ours := func(kid any) members { return jwkOf(t, key, members{"kid": kid}) }
	theirs := func(kid any) members { return jwkOf(t, other, members{"kid": kid}) }
	for name, test := range map[string]struct {
		keys []any
		want bool
	}{
		"the only key has none":                       {[]any{ours(nil)}, true},
		"the only key has an empty one":               {[]any{ours("")}, true},
		"the only key's is a list":                    {[]any{ours([]any{"k"})}, true},
		"the only key's is an object":                 {[]any{ours(members{"k": "k"})}, true},
		"the only key for signatures has none":        {[]any{jwkOf(t, other, members{"use": "enc"}), ours(nil)}, true},
		"the only key of its kind has none":           {[]any{jwkOf(t, edKey(t), nil), ours(nil)}, true},
		"two keys have none":                          {[]any{theirs(nil), ours(nil)}, true},
		"another key has another, and ours has none":  {[]any{theirs("other"), ours(nil)}, true},
		"another key has the same, and ours has none": {[]any{theirs("k"), ours(nil)}, true},
		"another key has none, and ours the same":     {[]any{theirs(nil), ours("k")}, true},

		"the only key has another":      {[]any{ours("other")}, false},
		"the only key has another case": {[]any{ours("K")}, false},
		"the only key has a number":     {[]any{ours(1)}, false},
		"the signer's key is missing":   {[]any{theirs(nil), jwkOf(t, third, members{"kid": nil})}, false},
		"all keys have others":          {[]any{theirs("other"), ours("another")}, false},
	} {
		if err := verifies(t, jose.ES256, key, test.keys...); (err == nil) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
