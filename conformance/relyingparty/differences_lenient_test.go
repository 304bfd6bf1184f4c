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
}

// knownFaults are the cases that only Cardea accepts and should refuse.
var knownFaults = []difference{
	{"RFC 6749 § 5.2: an answer with an error is a refusal; Cardea takes a list in errors for one, but not in error",
		each("token answer error is", "a list")},
}

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
