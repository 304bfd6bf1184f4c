package relyingparty_test

import "slices"

// cardeaAccepts are the cases that only Cardea accepts, because the standards want or allow it.
var cardeaAccepts = []difference{
	{"OpenID Connect Core 1.0 § 2: claims that are not understood are ignored; distributed claims are not supported",
		each("claim _claim_names is", slices.Concat([]string{"an empty string", "another string"}, notText)...)},
	{"OpenID Connect Core 1.0 § 2: a small leeway for the clocks after exp; Cardea allows 30 seconds",
		each("claim exp is in", "-10s")},
	{"RFC 7519 § 2: times are JSON numbers, whatever their size; go-oidc's overflows",
		each("claim exp is", "a number beyond 64 bits")},
	{"RFC 7515 § 5.3: names are compared with regard to case, so Iss is not iss", each("claims have",
		"an Iss of another beside iss", "a NONCE of another beside nonce", "an EXP in the past beside exp",
	)},
	{"RFC 7517 § 5: keys that are not understood, or are broken, are ignored, and not the set with them",
		each("keys: one, and",
			"one of an unknown curve", "an empty object", "an object without kty", "a broken one",
			"a broken one behind it",
			"one whose kid is a number", "one with a broken certificate", "null", "a string", "a list",
			"one on another curve",
		)},
	{"OpenID Connect Discovery 1.0 § 3: the userinfo endpoint is optional; one that is not a string is none",
		each("metadata userinfo_endpoint is", notText...)},
	{"OpenID Connect Discovery 1.0 § 3: RS256 must be among the algorithms, and counts if they cannot be read",
		slices.Concat(
			each("metadata id_token_signing_alg_values_supported is", notList...),
			each("metadata id_token_signing_alg_values_supported is", "RS256 and numbers", "RS256 as a string"),
		)},
	{"RFC 8259 § 8.3: names are compared as they are, so Issuer is not issuer",
		each("metadata has", "Issuer of another beside issuer")},
	{"RFC 6749 § 5.1: expires_in is optional; what is no number of seconds is not told",
		each("token answer expires_in is",
			"true", "false", "1.5", "an empty string", "another string", "an empty list", "a list", "an object",
			"a number beyond 64 bits", "a number beyond a float", "null in quotes", "a word",
		)},
	{"RFC 6749 § 5.1: a number of seconds, in whatever spelling", each("token answer expires_in is",
		"a number with an exponent", "a number with a fraction", "a string with a blank",
		"a number as a string with a fraction",
	)},
	{"RFC 6749 § 5.1: the refresh token is optional; one that is not a string is none",
		each("token answer refresh_token is", notText...)},
	{"RFC 6749 § 5.1: members that are not understood are ignored; error_description is for errors",
		each("token answer error_description is", notText...)},
	{"RFC 6749 § 5.2: an error is a string; false, 0 and nothing say that there is none",
		each("token answer error is", "false", "0", "an empty list")},
	{"RFC 6749 § 5.1: the answer is JSON, whatever the server calls it",
		each("token answer has content type", "text/plain")},
	{"OpenID Connect Core 1.0 § 5.1: an address is a string; anything else is none, and verified is only what is true",
		slices.Concat(
			each("userinfo email is", notText...),
			each("userinfo email_verified is", "null", "0", "-1", "1.5"),
			each("userinfo email_verified is", "an empty string", "another string", "an empty list", "a list",
				"an object"),
		)},
	{"RFC 8259 § 8.3: names are compared as they are, so SUB is not sub",
		each("userinfo has", "SUB of another beside sub")},
	{"OpenID Connect Core 1.0 § 2: the ID token proves who signs in; an endpoint that refuses the request (RFC 6750 " +
		"§ 3.1) takes none of that back",
		[]string{"userinfo has status 404"}},
}

// knownFaults are cases that only Cardea accepts, and that it should refuse.
var knownFaults = []difference{
	{"RFC 6749 § 5.2: an answer with an error is no success; errors as a list count as one, and error as a list " +
		"does not",
		each("token answer error is", "a list")},
}

// valuesDiffer are cases that both accept and read differently, by the name of the value.
var valuesDiffer = []difference{
	{"RFC 7515 § 5.3: names are compared with regard to case, so SUB is not sub",
		[]string{"claims have a SUB of another beside sub: subject"}},
	{"RFC 8259 § 8.3: names are compared as they are, so Access_Token is not access_token",
		[]string{"token answer has Access_Token of another: access token"}},
	{"RFC 8259 § 8.3: names are compared as they are, so EMAIL is not email",
		[]string{"userinfo has EMAIL of another beside email: email"}},
	{"OpenID Connect Core 1.0 § 5.1: email is an address (RFC 5322 § 3.4.1); what is none is left out",
		[]string{"claim email is another string: email", "userinfo email is another string: email"}},
	{"RFC 6749 § 5.1: a lifetime that makes no sense is not told; the token is used until it is refused", []string{
		"token answer expires_in is -1: expires", "token answer expires_in is 1,000 years: expires",
	}},
}
