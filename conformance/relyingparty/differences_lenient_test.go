package relyingparty_test

import "slices"

// cardeaAccepts are the cases that only Cardea accepts, because a standard demands or allows it.
var cardeaAccepts = []difference{
	{"OpenID Connect Core 1.0 § 2: claims that are not understood are ignored; Cardea has no distributed claims",
		each("claim _claim_names is", slices.Concat([]string{"an empty string", "another string"}, notText)...)},
	{"OpenID Connect Core 1.0 § 2: a small leeway after exp is allowed; Cardea has 30 seconds",
		each("claim exp is in", "-10s")},
	{"RFC 7519 § 2: a time is a JSON number of any size; that of go-oidc overflows",
		each("claim exp is", "a number beyond 64 bits")},
	{"RFC 7515 § 5.3: names of claims are case-sensitive, so Iss is not iss", each("claims have",
		"an Iss of another beside iss", "a NONCE of another beside nonce", "an EXP in the past beside exp",
	)},
	{"RFC 7517 § 5: keys that are not understood or are broken are ignored, and the others are used",
		each("keys: one, and",
			"one of an unknown curve", "one on another curve", "one whose kid is a number",
			"one with a broken certificate", "a broken one", "a broken one behind it", "an empty object",
			"an object without kty", "null", "a string", "a list",
		)},
	{"RFC 7517 § 4.6 to § 4.9: certificates and their thumbprints are optional; what cannot be read is ignored, " +
		"and a thumbprint is of a certificate, not of the key",
		slices.Concat(
			each("key x5c is", slices.Concat(wrongType, []string{"a list"})...),
			each("key x5c is", "an empty string", "another string", "the key's certificate as a string"),
			each("key x5t is", slices.Concat([]string{"another string"}, notText)...),
			each("key x5t#S256 is", slices.Concat([]string{"another string"}, notText)...),
			each("key x5u is", notText...),
			[]string{"key x5c and x5t#S256 do not match"},
		)},
	{"RFC 7517 § 4: members that are not understood are ignored, such as x in an RSA key",
		each("key x is", slices.Concat([]string{"another string"}, notText)...)},
	{"RFC 7517 § 4.2, § 4.4: use and alg are optional; what is not a text says nothing, and a list says what is in it",
		slices.Concat(
			each("key use is", slices.Concat(wrongType, []string{"an empty list", "a list of sig"})...),
			each("key alg is", slices.Concat(wrongType, []string{"an empty list", "a list of RS256"})...),
		)},
	{"RFC 7515 § 2, read leniently: the same bytes, in the standard alphabet, or with padding", slices.Concat(
		each("key n is", "padded", "of the standard alphabet"),
		each("key e is", "padded"),
		each("key on P-256 has", "padding"),
	)},
	{"OpenID Connect Core 1.0 § 10.1, RFC 7517 § 4.5: kid is optional in a key, and one without may be any",
		slices.Concat(
			each("key kid is", "absent", "null", "true", "false", "an empty string", "an empty list", "a list",
				"an object"),
			each("keys:", "one without a kid", "two without a kid", "two, ours without a kid"),
		)},
	{"RFC 9864 § 2.2: Ed25519 is another name for EdDSA with such a key", slices.Concat(
		each("signed by Ed25519", "under its own name", "under its own name, with at_hash"),
		each("signed by Ed25519, announced as Ed25519, with a key for", "Ed25519", "EdDSA"),
		each("signed by Ed25519, announced as EdDSA, with a key for", "Ed25519", "EdDSA"),
		each("signed by EdDSA, announced as Ed25519, with a key for", "Ed25519", "EdDSA"),
		each("signed by EdDSA, announced as EdDSA, with a key for", "Ed25519"),
		each("key on Ed25519 has alg", "Ed25519"),
	)},
	{"RFC 8259 § 7, read leniently: control characters that are not escaped are dropped from texts", slices.Concat(
		each("userinfo has a", "control character in its name", "line break in its name",
			"control character in its sub"),
		each("metadata has a", "control character in a text"),
		each("key set has a", "control character in a text"),
		each("token answer has a", "control character"),
		each("claims have a", "control character in a name of a person"),
	)},
	{"OpenID Connect Discovery 1.0 § 3: the userinfo endpoint is optional; what is not a string is ignored",
		each("metadata userinfo_endpoint is", notText...)},
	{"OpenID Connect Discovery 1.0 § 3: RS256 is always among the algorithms, also if the list cannot be read",
		slices.Concat(
			each("metadata id_token_signing_alg_values_supported is", notList...),
			each("metadata id_token_signing_alg_values_supported is", "RS256 and numbers", "RS256 as a string"),
		)},
	{"RFC 8259 § 8.3: names of members are compared exactly, so Issuer is not issuer",
		each("metadata has", "Issuer of another beside issuer")},
	{"RFC 6749 § 5.1: expires_in is optional; what is not a number of seconds is ignored",
		each("token answer expires_in is",
			"true", "false", "1.5", "an empty string", "another string", "an empty list", "a list", "an object",
			"a number beyond 64 bits", "a number beyond a float", "null in quotes", "a word",
		)},
	{"RFC 6749 § 5.1: expires_in is a number of seconds; Cardea reads it in any spelling",
		each("token answer expires_in is",
			"a number with an exponent", "a number with a fraction", "a string with a blank",
			"a number as a string with a fraction",
		)},
	{"RFC 6749 § 5.1: the refresh token is optional; what is not a string is ignored",
		each("token answer refresh_token is", notText...)},
	{"RFC 6749 § 5.1: members that are not understood are ignored; error_description belongs to errors",
		each("token answer error_description is", notText...)},
	{"RFC 6749 § 5.2: an error is a string; false, 0 and an empty list report none",
		each("token answer error is", "false", "0", "an empty list")},
	{"RFC 6749 § 5.1: the answer is JSON; Cardea does not read the content type",
		each("token answer has content type", "text/plain")},
	{"OpenID Connect Core 1.0 § 5.1: email is a string, and email_verified true or false; other values are ignored",
		slices.Concat(
			each("userinfo email is", notText...),
			each("userinfo email_verified is", "null", "0", "-1", "1.5"),
			each("userinfo email_verified is", "an empty string", "another string", "an empty list", "a list",
				"an object"),
		)},
	{"RFC 8259 § 8.3: names of members are compared exactly, so SUB is not sub",
		each("userinfo has", "SUB of another beside sub")},
	{"OpenID Connect Core 1.0 § 2: the ID token proves who signs in; an endpoint that refuses the request (RFC 6750 " +
		"§ 3.1) takes none of that back",
		[]string{"userinfo has status 404"}},
	{"RFC 9110 § 15.3: every status 2xx says that the request succeeded; a document with it counts",
		slices.Concat(
			each("key set has status", otherSuccess...),
			each("metadata has status", otherSuccess...),
			each("userinfo has status", otherSuccess...),
		)},
}

// knownFaults are the cases that only Cardea accepts and should refuse. There are none.
var knownFaults []difference

// valuesDiffer are the cases that both accept and in which they read a value differently. The name
// of the value follows the colon.
var valuesDiffer = []difference{
	{"RFC 7515 § 5.3: names of claims are case-sensitive, so SUB is not sub",
		[]string{"claims have a SUB of another beside sub: subject"}},
	{"RFC 8259 § 8.3: names of members are compared exactly, so Access_Token is not access_token",
		[]string{"token answer has Access_Token of another: access token"}},
	{"RFC 8259 § 8.3: names of members are compared exactly, so EMAIL is not email",
		[]string{"userinfo has EMAIL of another beside email: email"}},
	{"OpenID Connect Core 1.0 § 5.1: email is an address (RFC 5322 § 3.4.1); Cardea leaves out other strings",
		[]string{"claim email is another string: email", "userinfo email is another string: email"}},
	{"RFC 6749 § 5.1: expires_in is optional; Cardea ignores a lifetime below 1 second or above 100 years", []string{
		"token answer expires_in is -1: expires", "token answer expires_in is 1,000 years: expires",
	}},
}
