package original_test

import "slices"

// The reasons, quoted from docs/compatibility.md.
const (
	stateCookie        = "always, in one encrypted cookie for each sign-in, `….state.<id>`; refused the second time"
	clearsState        = "always clears the flow-state cookie"
	newToken           = "a new token after signing in and out"
	noCaching          = "Every response has the headers against caching"
	seeOther           = "A redirect after a POST is 303"
	pageCharset        = "Pages state their charset"
	pageLanguage       = "are in the visitor's language, with `Vary: Accept-Language`"
	errorsSetCookies   = "Error responses also set the cookies that were to be set"
	failureHasLocation = "a failure reported to the client of v5 has a Location too"
	notFound           = "A path that has no endpoint is 404, and another method than a path has is 405 with `Allow`"
	noError            = "So is `POST csrf`, which v5 redirects to the error page"
	oneProvider        = "`GET signin/<provider>` shows the sign-in page with that provider alone"
	ambiguousURL       = "a URL that two parsers could read differently is ignored"
	encodedURL         = "is percent-encoded as browsers do it"
	normalizedURL      = "A callback URL is normalized"
	bothClients        = "**Both clients work with either setting**"
	ignoresCase        = "Media types are compared without regard to case"
	textOnly           = "A member of a JSON body that is not a string is ignored"
	dataIsJSON         = "`data` in a form is parsed as JSON"
	codeInAnyCase      = "The pages accept codes in upper and lower case"
	lastError          = "If a parameter is repeated, the last value counts"
	keepsCallbackURL   = "If `POST signin` has no provider, or a credentials provider, the URL of the sign-in " +
		"page has " +
		"`callbackUrl`"
	hintsOnly         = "a link could ask for other rights"
	verifiesSignature = "v5 does not verify the signature"
	alwaysNull        = "name, email and image are always present, and null if they are unknown"
	newExpiry         = "`expires` is the new end of the session"
	worksWithDatabase = "writes a JWT cookie that the next read rejects"
	failedUpdate      = "a callback that fails ends the session"
	absoluteURL       = "redirects are absolute"
	mailCookie        = "the cookie `authjs.mail` marks the browser that asked"
	restOfEmail       = "[email.md](email.md#differences-from-authjs) lists it"
	errorPage         = "redirects to the error page, as in v5"
	updatedAnswer     = "The response to an update contains the changed token's data"
	unknownProvider   = "In v4 a provider that does not exist redirects to the error page"
	passesOn          = "`verify-request` passes on `provider`, `type` and `error`, in both protocol versions"
	viaRedirect       = "goes through the redirect callback, as in v5"
	credentialsCode   = "the code of `credentials.Refuse`; anything else is `Configuration`"
	acceptsLog        = "`POST _log` is answered with 200 in both settings"
	extraSegment      = "In v4 a path with one segment too many is also not found"
	jsonHasType       = "All JSON has its content type"
	withoutCharset    = "JSON has no charset"
	needsAccessToken  = "a token response without `access_token`"
	startAgain        = "`error=InvalidCheck`, a page with status 400 and a button that starts the sign-in again"
	formsHaveURL      = "Every form of the built-in pages contains `callbackUrl`"
	leadsOn           = "leads to where it led the first time"
)

const (
	site           = "http://" + host
	setToken       = "<64 hex>|<64 hex>; Path=/; HttpOnly; *Lax"
	cleared        = "<none>; Path=/; Max-Age=0; HttpOnly; *Lax"
	set15          = "<token>; Path=/; *Expires in 15m0s; HttpOnly; *Lax"
	set24h         = "<token>; Path=/; Max-Age=86400; Expires in 24h0m0s; HttpOnly; Lax"
	setSite        = site + "; Path=/; HttpOnly; Lax"
	badRequestText = `"Bad request."`
	notFoundText   = `"Not found."`
	notAllowedText = `"Method not allowed."`
	authorizeURL   = "http://idp/authorize?client_id=app&code_challenge=<random>&code_challenge_method=S256&nonce=<random>" +
		"&redirect_uri=http%3A%2F%2Fsite.example%2Fapi%2Fauth%2Fcallback%2Fidp&response_type=code&scope=openid%20profile%20email&state=<random>"
)

// differencesOfBoth are the expected differences from both versions of Auth.js.
var differencesOfBoth = []difference{
	{"*", "cache", "", "private, no-cache, no-store", noCaching},
	{"*", "expires", "", "0", noCaching},
	{"*", "pragma", "", "no-cache", noCaching},
	{"*: POST *", "status", "302", "303", seeOther},
	{"*: GET *", "type", "text/html", "text/html; charset=utf-8", pageCharset},
	{"*: GET *", "vary", "", "Accept-Language", pageLanguage},

	{"*: POST /signin/idp*", "cookie *.state", set15, "", stateCookie},
	{"*: POST /signin/idp*", "cookie *.pkce.code_verifier", set15, "", stateCookie},
	{"*: POST /signin/idp*", "cookie *.nonce", set15, "", stateCookie},
	{"*: POST /signin/idp*", "cookie *.state.<id>", "", set15, stateCookie},
	{"*GET /callback/idp*", "cookie *.state", cleared, "", stateCookie},
	{"*GET /callback/idp*", "cookie *.pkce.code_verifier", cleared, "", stateCookie},
	{"*GET /callback/idp*", "cookie *.nonce", cleared, "", stateCookie},
	{"*GET /callback/idp*", "cookie *.state.<id>", "", cleared, clearsState},
	{"*: POST /signin/idp?*scope=all", "location",
		"*client_id=x*&redirect_uri=https%3A%2F%2Fevil.example&response_type=token&scope=all&*", authorizeURL,
		hintsOnly},

	{"*: POST /signout*", "cookie *csrf-token", "", setToken, newToken},
	{"*GET /callback/*", "cookie *csrf-token", "", setToken, newToken},
	{"*: POST /callback/credentials *right*", "cookie *csrf-token", "", setToken, newToken},
	{"*: POST /signin/email *", "cookie *mail", "", set24h, mailCookie},
	{"*: GET /callback/email*", "cookie *mail", "", cleared, mailCookie},

	{"*: POST /signin* callbackUrl=/a", "location", site + "/api/auth/signin",
		site + "/api/auth/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa", keepsCallbackURL},
	{"*: POST /signin* callbackUrl=/a (X-Auth-Return-Redirect: 1)", "location", site + "/api/auth/signin",
		site + "/api/auth/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa", keepsCallbackURL},
	{"*: POST /signout callbackUrl=/b (Content-Type: Application/X-WWW-Form-Urlencoded)", "location",
		site + "/api/auth/sign*", site + "/b", ignoresCase},
	{"JWT/session update: POST /session*", "body", `*"name":"Bea"}}`, `*"name":"Cleo"}}`, dataIsJSON},
	{"JWT/session update: POST /session *\"fail\":true*", "status", "200", "400", failedUpdate},
	{"JWT/session update: POST /session *\"fail\":true*", "cookie *session-token", cleared, "", failedUpdate},
	{"JWT/credentials: GET /session", "body",
		`{"expires":"<in 720h0m0s>","user":{"email":"ann@example.com","name":"Ann Example"}}`,
		`{"expires":"<in 720h0m0s>","user":{"email":"ann@example.com","image":null,"name":"Ann Example"}}`, alwaysNull},
	{"database/session: GET /session", "body", `{"expires":"<in 672h0m0s>",*`, `{"expires":"<in 720h0m0s>",*`,
		newExpiry},
	{"database/credentials: GET /session", "cookie *session-token", cleared,
		"<session>; Path=/; Expires in 720h0m0s; HttpOnly; Lax", worksWithDatabase},

	{"own pages/*", "location", "/own/signin?callbackUrl=*", site + "/own/signin?callbackUrl=*", absoluteURL},
	{"own pages/*", "location", "/own/signout", site + "/own/signout", absoluteURL},
	{"own pages/*", "location", "/own/error?error=AccessDenied", site + "/own/error?error=AccessDenied", absoluteURL},
	{"own pages/*", "location", "/own/error?error=undefined", site + "/own/error", absoluteURL},
	{"JWT/links: GET /callback/email?callbackUrl=http%3A%2F%2Fsite.example&token=<random>", "location",
		site + "/api/auth/error?error=Verification", site, restOfEmail},
	{"JWT/links: GET /callback/email?callbackUrl=http%3A%2F%2Fsite.example&token=<random>", "cookie *session-token",
		"", "<session>; *", restOfEmail},
	{"JWT/links: GET /callback/email?callbackUrl=http%3A%2F%2Fsite.example&email=ann%40example.com", "location",
		"*?error=*onfiguration", site + "/api/auth/error?error=Verification", mailCookie},

	{"JWT/*: GET /signin*", "body", "page post *",
		"page post *callbackUrl post *callbackUrl password post *callbackUrl email", formsHaveURL},
	{"JWT/*: GET /signout*", "body", "page post *", "page post /api/auth/signout: csrfToken callbackUrl", formsHaveURL},

	// A sign-in that cannot be finished.
	{"JWT/*: * /callback/*", "location", "*", site + "/api/auth/error?*error=InvalidCheck*", startAgain},
	{"JWT/sign-in: POST /signin/unknown*", "location", "*", site + "/api/auth/error?*error=InvalidCheck*", startAgain},
	{"JWT/sign-in: POST /signin/unknown*", "body", "*", `{"url":"` + site + `/api/auth/error?*error=InvalidCheck*`,
		startAgain},
	{"JWT/callback twice: GET /callback/idp*", "location", site + "/api/auth/error?error=*", site, leadsOn},
	{"JWT/mail: GET /callback/email*", "location", site + "/api/auth/error?error=Verification", site + "/a", leadsOn},

	// What is no endpoint.
	{"JWT/*", "status", "400", "405", notFound},
	{"JWT/*", "body", "*", notAllowedText, notFound},
	{"JWT/paths: *", "status", "400", "404", notFound},
	{"JWT/paths: *", "body", "*", notFoundText, notFound},

	// A hostile callback URL is replaced by the site's origin; the spelling of a good one may
	// change.
	{"JWT/callbackUrl in *", "cookie *callback-url", site + "*; Path=/; HttpOnly; Lax", setSite, ambiguousURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", "http://user@" + host + "/a; Path=/; HttpOnly; Lax", setSite,
		ambiguousURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", "", setSite, ambiguousURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", "HTTP://SITE.EXAMPLE/a; Path=/; HttpOnly; Lax",
		site + "/a; Path=/; HttpOnly; Lax", normalizedURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", site + ":80/a; Path=/; HttpOnly; Lax",
		site + "/a; Path=/; HttpOnly; Lax", normalizedURL},
	{"JWT/callbackUrl in the cookie: *", "cookie *callback-url", "", site + "/a; Path=/; HttpOnly; Lax", normalizedURL},
	{"JWT/callbackUrl in *", "status", "500", "200", ambiguousURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", site + "/a b; Path=/; HttpOnly; Lax",
		site + "/a%20b; Path=/; HttpOnly; Lax", encodedURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", site + "/ü; Path=/; HttpOnly; Lax",
		site + "/%C3%BC; Path=/; HttpOnly; Lax", encodedURL},
	{"JWT/callbackUrl in *", "cookie *callback-url", "", site + "/*; Path=/; HttpOnly; Lax", encodedURL},
	{"JWT/callbackUrl in *", "body", "*", `{"url":"` + site + `/a%20b"}`, encodedURL},
	{"JWT/callbackUrl in *", "body", "*", `{"url":"` + site + `/%C3%BC"}`, encodedURL},
	{"JWT/callbackUrl in the *: * POST /signout *", "body", `{"message":*`, `{"url":"` + site + `/a"}`, encodedURL},
	{"JWT/callbackUrl in *", "body", `{"message":*`, `{"url":"` + site + `"}`, ambiguousURL},
	{"JWT/callbackUrl in *", "body", `{"url":"http://*site.example*"}`, `{"url":"` + site + `"}`, ambiguousURL},
	{"JWT/callbackUrl in *", "body", `{"url":"HTTP://SITE.EXAMPLE/a"}`, `{"url":"` + site + `/a"}`, normalizedURL},
	{"JWT/callbackUrl in *", "body", `{"url":"` + site + `:80/a"}`, `{"url":"` + site + `/a"}`, normalizedURL},
	{"JWT/callbackUrl in the query: *", "body", `{"message":*`, `{"csrfToken":"<64 hex>"}`, ambiguousURL},
}

var differencesV5 = slices.Concat(differencesOfBoth, []difference{
	{"JWT/callbackUrl in *", "location", site + "*", site, ambiguousURL},
	{"JWT/callbackUrl in *", "location", "http://user@" + host + "/a", site, ambiguousURL},
	{"JWT/callbackUrl in *", "location", "HTTP://SITE.EXAMPLE/a", site + "/a", normalizedURL},
	{"JWT/callbackUrl in *", "location", site + ":80/a", site + "/a", normalizedURL},
	{"JWT/callbackUrl in *", "location", "", site, ambiguousURL},
	{"JWT/callbackUrl in the cookie: %zz GET /csrf", "body", `{"message":*`, `{"csrfToken":"<64 hex>"}`, ambiguousURL},
	{"JWT/callbackUrl in *", "location", "", site + "/a", encodedURL},
	{"JWT/callbackUrl in *", "location", site + "/*", site + "/a%20b", encodedURL},
	{"JWT/callbackUrl in *", "location", site + "/*", site + "/%C3%BC", encodedURL},
	{"JWT/callbackUrl in *", "body", `{"url":"` + site + `/api/auth/error?error=Configuration"}`,
		`{"url":"` + site + `/a"}`, encodedURL},

	// Requests of the client of v4.
	{"JWT/* POST *json=true", "status", "302", "200", bothClients},
	{"JWT/* POST /callback/credentials *json=true", "status", "302", "401", bothClients},
	{"JWT/* POST *json=true", "location", "http://*", "", bothClients},
	{"JWT/* POST *json=true", "type", "", "application/json", bothClients},
	{"JWT/* POST *json=true", "body", "", `{"url":"http://*"}`, bothClients},
	{"JWT/paths: POST /_log *", "status", "400", "200", acceptsLog},
	{"JWT/paths: POST /_log *", "body", badRequestText, "", acceptsLog},
	{"JWT/paths: POST /_log *", "type", "application/json", "", acceptsLog},

	// Answers about failures.
	{"JWT/pages: GET /signin/idp", "status", "302", "200", oneProvider},
	{"JWT/pages: GET /signin/*", "type", "", "text/html; charset=utf-8", oneProvider},
	{"JWT/pages: GET /signin/*", "body", "", "page post /api/auth/signin/idp*", oneProvider},
	{"JWT/p*", "status", "302", "40*", noError},
	{"JWT/p*", "location", site + "/api/auth/error?error=Configuration", "", noError},
	{"JWT/p*", "type", "", "application/json", noError},
	{"JWT/c*", "status", "302", "40*", noError},
	{"JWT/c*", "location", site + "/api/auth/error?error=Configuration", "", noError},
	{"JWT/c*", "type", "", "application/json", noError},
	{"JWT/error: GET /error/AccessDenied", "status", "400", "404", notFound},
	{"JWT/error: GET /error/AccessDenied", "body", badRequestText, notFoundText, notFound},
	{"*", "cookie *callback-url", "", setSite, errorsSetCookies},
	{"JWT/mail that the application refuses: POST /signin/email email=elsewhere@example.com", "cookie *callback-url",
		setSite, "", errorsSetCookies},
	{"JWT/addresses: POST /signin/email email=ann%40localhost", "cookie *callback-url", setSite, "", errorsSetCookies},
	{"*(X-Auth-Return-Redirect: 1)", "location", "", site + "/*?*error=*", failureHasLocation},
	{"JWT/content types: POST /signout {\"csrfToken\":\"<64 hex>\",\"callbackUrl\":1}*", "location",
		site + "/api/auth/error?error=Configuration", site + "/d", textOnly},
	{"JWT/error: GET /error?error=*", "status", "200", "403", codeInAnyCase},
	{"JWT/error: GET /error?error=configuration", "status", "200", "500", codeInAnyCase},
	{"JWT/error: GET /error?error=AccessDenied&error=Configuration", "status", "403", "500", lastError},
	{"JWT/mail*: POST /signin/email *", "location", site + "/api/auth/error?error=Configuration",
		site + "/api/auth/signin?error=EmailSignin", mailCookie},
	{"JWT/addresses: POST /signin/email*", "location", site + "/api/auth/error?error=Configuration",
		site + "/api/auth/signin?error=EmailSignin", mailCookie},

	{"JWT/* POST /sign* (X-Auth-Return-Redirect: 1)", "body", `{"url":"` + site + `/api/auth/signin"}`,
		`{"url":"` + site + `/api/auth/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa"}`, keepsCallbackURL},
	{"own pages/*", "body", `{"url":"/own/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa"}`,
		`{"url":"` + site + `/own/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa"}`, absoluteURL},
	{"own pages/*", "location", "/own/verify?provider=email&type=email", site + "/own/verify?provider=email&type=email",
		absoluteURL},
	{"own pages/*", "location", "/own/new?callbackUrl=http%3A%2F%2Fsite.example%2Fa",
		site + "/own/new?callbackUrl=http%3A%2F%2Fsite.example%2Fa", absoluteURL},
	{"database/credentials: GET /session", "body", "null",
		`{"expires":"<in 720h0m0s>","user":{"email":"ann@example.com","image":null,"name":"Ann Example"}}`,
		worksWithDatabase},
	{"JWT/ID token with a broken signature: GET /callback/idp*", "location", site,
		site + "/api/auth/error?error=Configuration", verifiesSignature},
	{"JWT/ID token with a broken signature: GET /callback/idp*", "cookie *session-token", "<session>; *", "",
		verifiesSignature},
})

var differencesV4 = slices.Concat(differencesOfBoth, []difference{
	{"JWT/pages: GET /signin/idp", "body", "page post *", "page post /api/auth/signin/idp: csrfToken callbackUrl",
		oneProvider},

	// Requests of the client of v5.
	{"*(X-Auth-Return-Redirect: 1)", "status", "302", "200", bothClients},
	{"*(X-Auth-Return-Redirect: 1)", "type", "", "application/json", bothClients},
	{"*(X-Auth-Return-Redirect: 1)", "body", "", `{"url":"http://*"}`, bothClients},

	// Answers about failures.
	{"*", "type", "", "application/json", jsonHasType},
	{"JWT/paths: * /*/*x", "status", "200", "404", extraSegment},
	{"JWT/paths: * /*/*x", "type", "text/html", "application/json", extraSegment},
	{"JWT/paths: GET /providers/idp", "status", "200", "404", extraSegment},
	{"JWT/paths: POST /signout/x", "status", "302", "404", extraSegment},
	{"JWT/paths: POST /signout/x", "location", site, "", extraSegment},
	{"JWT/paths: *", "status", "500", "404", notFound},
	{"JWT/paths: * /callback/unknown", "status", "400", "30*", unknownProvider},
	{"JWT/paths: * /callback/unknown", "body", "Error: *", "", unknownProvider},
	{"JWT/sign-in: POST /signin*", "location", site + "/api/auth/signin?csrf=true",
		site + "/api/auth/signin?callbackUrl=http%3A%2F%2Fsite.example%2Fa", keepsCallbackURL},
	{"JWT/content types: POST /signout {\"csrfToken\":\"<64 hex>\",\"callbackUrl\":1}*", "status", "500", "303",
		textOnly},
	{"JWT/content types: POST /signout {\"csrfToken\":\"<64 hex>\",\"callbackUrl\":1}*", "location", "", site + "/d",
		textOnly},
	{"JWT/content types: POST /signout {\"csrfToken\":\"<64 hex>\",\"callbackUrl\":1}*", "body", "an exception", "",
		textOnly},
	{"JWT/callbackUrl in *", "body", "an exception", `{"url":"` + site + `"}`, ambiguousURL},
	{"JWT/callbackUrl in *", "body", "an exception", `{"url":"` + site + `/a"}`, encodedURL},
	{"JWT/callbackUrl in the cookie: %zz GET /csrf", "body", "an exception", `{"csrfToken":"<64 hex>"}`, ambiguousURL},
	{"JWT/* POST *json=true", "type", "application/json; charset=utf-8", "application/json", withoutCharset},
	{"JWT/credentials: POST *", "location", site + "/api/auth/error?error=the%20database%20is%20away",
		site + "/api/auth/error?error=Configuration", credentialsCode},
	{"JWT/credentials: POST *", "body", `{"url":"` + site + `/api/auth/error?error=the%20database%20is%20away"}`,
		`{"url":"` + site + `/api/auth/error?error=Configuration"}`, credentialsCode},
	{"JWT/credentials: GET /callback/credentials", "status", "500", "302", errorPage},
	{"JWT/credentials: GET /callback/credentials", "body", "Error: *", "", errorPage},
	{"JWT/provider that fails: token: access_token missing *", "location", site,
		site + "/api/auth/error?error=OAuthCallback", needsAccessToken},
	{"JWT/provider that fails: token: access_token missing *", "cookie *session-token", "<session>; *", "",
		needsAccessToken},
	{"JWT/*that the application refuses: *", "location", "/elsewhere", site + "/elsewhere", viaRedirect},
	{"JWT/session update: POST /session *", "body", `*"name":"Ann Example"}}`, `*"name":"Bea"}}`, updatedAnswer},
	{"JWT/addresses: POST /signin/email email=ann%40localhost", "location", site + "/api/auth/error?error=EmailSignin",
		site + "/api/auth/verify-request?provider=email&type=email", mailCookie},

	{"own pages/*", "location", "/own/verify", site + "/own/verify?provider=email&type=email", passesOn},
	{"own pages/*", "location", "/own/new?callbackUrl=http%3A%2F%2Fsite.example%2Fa",
		site + "/own/new?callbackUrl=http%3A%2F%2Fsite.example%2Fa", absoluteURL},
	{"database/credentials: GET /session", "body", "{}",
		`{"expires":"<in 720h0m0s>","user":{"email":"ann@example.com","image":null,"name":"Ann Example"}}`,
		worksWithDatabase},
})
