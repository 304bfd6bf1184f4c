package relyingparty_test

import "slices"

// cardeaRefuses are the cases that only go-oidc accepts.
var cardeaRefuses = []difference{
	{"OpenID Connect Core 1.0 § 2: sub is required, and has at most 255 characters", slices.Concat(
		each("claim sub is", "absent", "null", "an empty string", "of 256 characters", "of 5000 characters"),
	)},
	{"OpenID Connect Core 1.0 § 2: sub identifies the person, which a blank does not",
		each("claim sub is", "blank")},
	{"OpenID Connect Core 1.0 § 3.1.3.7, step 5: azp, if there is one, must be the client", slices.Concat(
		each("claim azp is", anyValue...),
		each("claim azp is", "a list of the client"),
		each("two audiences and azp is", "another", "null", "empty"),
	)},
	{"OpenID Connect Core 1.0 § 3.1.3.7, steps 3 and 4: a token with audiences that the client does not trust is " +
		"refused; without azp Cardea trusts none but itself",
		each("claim aud is", "the client and another", "another and the client", "the client and null")},
	{"OpenID Connect Core 1.0 § 2: iat is required", each("claim iat is", "absent")},
	{"OpenID Connect Core 1.0 § 3.1.3.7, step 10: iat may serve to refuse a token; Cardea allows clocks to differ by " +
		"30 seconds",
		each("claim iat is", "in 2m0s", "in 10m0s", "in 24h0m0s", "a good time in milliseconds",
			"a number beyond 64 bits")},
	{"RFC 7519 § 4.1.5: the leeway is small; Cardea allows 30 seconds, go-oidc 5 minutes",
		each("claim nbf is", "in 2m0s", "a number beyond 64 bits")},
	{"RFC 7519 § 2: times are JSON numbers", slices.Concat(
		each("claim exp is", "a good time as a string"),
		each("claim iat is", "a good time as a string"),
		each("claim nbf is", "a good time as a string", "null"),
	)},
	{"OpenID Connect Core 1.0 § 3.1.3.8: at_hash, if there is one, must be that of the access token",
		each("claim at_hash is", "null", "an empty string")},
	{"RFC 7515 § 5.3: names of claims are case-sensitive",
		[]string{"claims have ISS instead of iss", "claims have Nonce instead of nonce"}},
	{"Cardea reads tokens of up to 64 kB", []string{"claims have 100 kB"}},

	{"RFC 7518 § 3.3: RSA keys have 2048 bits or more", []string{"signed with a key of 1024 bits"}},
	{"RFC 7515 § 4.1.11: crit is a list that is not empty; no extension is known",
		each("header crit is", "null", "an empty list", "a list of b64")},
	{"RFC 7797 § 7: b64 is not for JWTs", each("header b64 is", slices.Concat(
		[]string{"null", "true", "an empty string", "another string"},
		[]string{"0", "-1", "1.5", "an empty list", "a list", "an object"},
	)...)},
	{"RFC 8725 § 3.10: a key that is sent in the token proves nothing",
		each("header jwk", "is null", "brings the right key")},
	{"RFC 7516 § 4.1.3: zip is for encrypted tokens", each("header zip is", anyValue...)},
	{"RFC 8725 § 3.11: typ says that it is a token of another kind",
		each("header typ is", "at+jwt", "logout+jwt", "application/at+jwt", "dpop+jwt")},
	{"RFC 7515 § 2: base64url has no white space and no other additional characters", each("token has a",
		"blank at its end", "blank at its start", "line break at its end", "line break in it",
		"line break in its header", "line break in its payload", "line break in its signature",
	)},
	{"RFC 4648 § 3.5: unused bits are zero, so that a token has only one spelling",
		each("token has other bits behind the last byte of its", "header", "payload", "signature")},
	{"RFC 7519 § 1: JWTs are always in the compact serialization", each("token is in the",
		"flattened JSON serialization", "general JSON serialization",
		"JSON serialization with a header that is not signed",
	)},

	{"RFC 7517 § 4.2: use says what a key is for, and is case-sensitive", slices.Concat(
		each("key use is", "another string", "enc", "SIG"),
		each("key on P-256 has use", "enc"),
	)},
	{"RFC 7517 § 4.4: alg says which algorithm a key is for", slices.Concat(
		each("key alg is", "RS512", "PS256", "ES256"),
		each("key on P-256 has alg", "ES384"),
	)},
	{"Microsoft Entra ID puts the member issuer into its keys, and such a key is for that issuer only",
		each("key issuer is", "another string")},
	{"Cardea reads at most 64 keys, because it tries each of them if the token has no kid",
		[]string{"keys: 128, the right one last"}},
	{"Cardea reads answers of up to 1 MB", []string{"key set has 2 MB", "metadata has 2 MB", "userinfo has 2 MB"}},

	{"OpenID Connect Discovery 1.0 § 3: URLs of endpoints are https", slices.Concat(
		each("metadata userinfo_endpoint is", "another string", "http on another host"),
		each("metadata pushed_authorization_request_endpoint is", "http on another host"),
	)},
	{"RFC 6749 § 3.2: endpoints have no fragment", slices.Concat(
		each("metadata token_endpoint is", "with a fragment", "with an empty fragment"),
		each("metadata jwks_uri is", "with a fragment", "with an empty fragment"),
		each("userinfo endpoint", "has a fragment"),
	)},
	{"RFC 3986 § 3.2.1: user names and passwords in URLs are deprecated", slices.Concat(
		each("metadata authorization_endpoint is", "with a user name"),
		each("metadata token_endpoint is", "with a user name"),
		each("metadata jwks_uri is", "with a user name"),
	)},
	{"OpenID Connect Discovery 1.0 § 3: an issuer uses the algorithms that it lists, and no others",
		each("metadata id_token_signing_alg_values_supported is", "a list", "none")},
	{"RFC 8259 § 8.3: names of members are compared exactly", slices.Concat(
		each("metadata has", "ISSUER instead of issuer"),
		each("token answer has", "ACCESS_TOKEN and nothing else"),
		each("userinfo has", "SUB instead of sub"),
	)},

	{"RFC 6749 § 7.1: a client must not use a token whose type it does not know",
		each("token answer token_type is",
			"another string", `"Bearer "`, `"mac"`, `"DPoP"`, `"N_A"`, `"JWT"`, `"bearer_token"`,
		)},
	{"RFC 6749 § 5.1: the answer is JSON", each("token answer is", "a form", "a form with two tokens")},
	{"An answer that reports an error is refused, even with tokens; vendors report errors in these members",
		each("token answer has", "a list of errors", "errcode 40029", "ok false")},
	{"OpenID Connect Core 1.0 § 5.3.2: signed userinfo names its issuer, and this client as its audience",
		slices.Concat(
			each("signed userinfo iss is", "absent", "of another", "a number"),
			each("signed userinfo aud is", "absent", "of another", "a list of another", "a number"),
		)},
	{"RFC 7519 § 4.1.4: a JWT is not accepted after exp", each("signed userinfo exp is", "in the past", "a string")},
}
