package relyingparty_test

import "slices"

// cardeaRefuses are the cases that only go-oidc accepts.
var cardeaRefuses = []difference{
	{"OpenID Connect Core 1.0 § 2: sub is required, and has at most 255 characters", slices.Concat(
		each("claim sub is", "absent", "null", "an empty string", "of 256 characters", "of 5000 characters"),
	)},
	{"An account whose key is a blank would be anybody's (OpenID Connect Core 1.0 § 2: sub identifies the person)",
		each("claim sub is", "blank")},
	{"OpenID Connect Core 1.0 § 3.1.3.7, step 5: azp, if there is one, must be the client", slices.Concat(
		each("claim azp is", anyValue...),
		each("claim azp is", "a list of the client"),
		each("two audiences and azp is", "another", "null", "empty"),
	)},
	{"OpenID Connect Core 1.0 § 3.1.3.7, steps 3 and 4: of several audiences the client must be able to trust the " +
		"others, which azp says",
		each("claim aud is", "the client and another", "another and the client", "the client and null")},
	{"OpenID Connect Core 1.0 § 2: iat is required", each("claim iat is", "absent")},
	{"OpenID Connect Core 1.0 § 3.1.3.7, step 10: iat may serve to refuse a token; more than 30 seconds in the future " +
		"is no difference of clocks",
		each("claim iat is", "in 2m0s", "in 10m0s", "in 24h0m0s", "a good time in milliseconds",
			"a number beyond 64 bits")},
	{"RFC 7519 § 4.1.5: small leeway; Cardea allows 30 seconds, go-oidc 5 minutes",
		each("claim nbf is", "in 2m0s", "a number beyond 64 bits")},
	{"RFC 7519 § 2: times are JSON numbers", slices.Concat(
		each("claim exp is", "a good time as a string"),
		each("claim iat is", "a good time as a string"),
		each("claim nbf is", "a good time as a string", "null"),
	)},
	{"OpenID Connect Core 1.0 § 3.1.3.8: at_hash, if there is one, must be that of the access token",
		each("claim at_hash is", "null", "an empty string")},
	{"RFC 7519 § 4 and RFC 7515 § 5.3: names are compared with regard to case",
		[]string{"claims have ISS instead of iss", "claims have Nonce instead of nonce"}},
	{"The longest token that is read has 64 kB", []string{"claims have 100 kB"}},

	{"RFC 7518 § 3.3: RSA keys have 2048 bits or more", []string{"signed with a key of 1024 bits"}},
	{"RFC 7515 § 4.1.11: crit is a list that is not empty; no extension is known",
		each("header crit is", "null", "an empty list", "a list of b64")},
	{"RFC 7797 § 7: b64 is not for JWTs", each("header b64 is", slices.Concat(
		[]string{"null", "true", "an empty string", "another string"},
		[]string{"0", "-1", "1.5", "an empty list", "a list", "an object"},
	)...)},
	{"RFC 8725 § 3.10: a key that comes with the token proves nothing",
		each("header jwk", "is null", "brings the right key")},
	{"RFC 7516 § 4.1.3: zip is for encrypted tokens", each("header zip is", anyValue...)},
	{"RFC 8725 § 3.11: tokens of other kinds say so in typ",
		each("header typ is", "at+jwt", "logout+jwt", "application/at+jwt", "dpop+jwt")},
	{"RFC 7515 § 2: base64url has no white space and no other characters", each("token has a",
		"blank at its end", "blank at its start", "line break at its end", "line break in it",
		"line break in its header", "line break in its payload", "line break in its signature",
	)},
	{"RFC 4648 § 3.5: one token has one spelling",
		each("token has other bits behind the last byte of its", "header", "payload", "signature")},
	{"RFC 7519 § 1: JWTs are always in the compact serialization", each("token is in the",
		"flattened JSON serialization", "general JSON serialization",
		"JSON serialization with a header that is not signed",
	)},

	{"RFC 7517 § 4.2: a key has the use that it says; values are compared with regard to case", slices.Concat(
		each("key use is", "another string", "enc", "SIG"),
		each("key on P-256 has use", "enc"),
	)},
	{"RFC 7517 § 4.4: a key is for the algorithm that it says", slices.Concat(
		each("key alg is", "RS512", "PS256", "ES256"),
		each("key on P-256 has alg", "ES384"),
	)},
	{"The keys of Microsoft Entra ID say for which issuer they are", each("key issuer is", "another string")},
	{"A token without kid is tried with each key, so at most 64 are read", []string{"keys: 128, the right one last"}},
	{"Answers are read up to 1 MB", []string{"key set has 2 MB", "metadata has 2 MB", "userinfo has 2 MB"}},

	{"OpenID Connect Discovery 1.0 § 3: URLs of endpoints are https", slices.Concat(
		each("metadata userinfo_endpoint is", "another string", "http on another host"),
		each("metadata pushed_authorization_request_endpoint is", "http on another host"),
	)},
	{"RFC 6749 § 3.2: endpoints have no fragment", slices.Concat(
		each("metadata token_endpoint is", "with a fragment", "with an empty fragment"),
		each("metadata jwks_uri is", "with a fragment", "with an empty fragment"),
		each("userinfo endpoint", "has a fragment"),
	)},
	{"RFC 3986 § 3.2.1: user names in URLs are deprecated; they would be sent along", slices.Concat(
		each("metadata authorization_endpoint is", "with a user name"),
		each("metadata token_endpoint is", "with a user name"),
		each("metadata jwks_uri is", "with a user name"),
	)},
	{"OpenID Connect Discovery 1.0 § 3: an issuer that names its algorithms signs by no other",
		each("metadata id_token_signing_alg_values_supported is", "a list", "none")},
	{"RFC 8259 § 8.3: names are compared as they are", slices.Concat(
		each("metadata has", "ISSUER instead of issuer"),
		each("token answer has", "ACCESS_TOKEN and nothing else"),
		each("userinfo has", "SUB instead of sub"),
	)},

	{"RFC 6749 § 7.1: a token of a type that the client does not know must not be used",
		each("token answer token_type is",
			"another string", `"Bearer "`, `"mac"`, `"DPoP"`, `"N_A"`, `"JWT"`, `"bearer_token"`,
		)},
	{"RFC 6749 § 5.1: the answer is JSON", each("token answer is a form", "with two tokens")},
	{"RFC 6749 § 5.1: the answer is JSON", []string{"token answer is a form"}},
	{"An error beside tokens is an error, in the words of several vendors too",
		each("token answer has", "a list of errors", "errcode 40029", "ok false")},
	{"OpenID Connect Core 1.0 § 5.3.2: signed userinfo names its issuer, and this client as its audience",
		slices.Concat(
			each("signed userinfo iss is", "absent", "of another", "a number"),
			each("signed userinfo aud is", "absent", "of another", "a list of another", "a number"),
		)},
	{"RFC 7519 § 4.1.4: a JWT is not accepted after exp", each("signed userinfo exp is", "in the past", "a string")},
}
