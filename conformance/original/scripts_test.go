package original_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea/cardeatest"
)

// withHeader is the header that the client of v5 sends with its forms. The client of v4 puts
// json=true into them.
const withHeader = "X-Auth-Return-Redirect: 1"

// endpoints are requests that read and write no rows.
var endpoints = []script{
	{"providers", func(v *visitor) {
		v.get("/providers")
		v.withCSRFCookie().get("/providers?callbackUrl=/a")
		v.post("/providers", "")
	}},
	{"csrf", func(v *visitor) {
		v.get("/csrf")
		v.get("/csrf")
		v.cookies[v.cookie("csrf-token")] = strings.Repeat("0", 64) + "%7C" + strings.Repeat("0", 64)
		v.get("/csrf")
		v.cookies[v.cookie("csrf-token")] = "garbage"
		v.get("/csrf")
		v.withCSRFCookie().get("/csrf")
		v.post("/csrf", "")
	}},
	{"methods", func(v *visitor) {
		v.signedIn()
		for _, method := range []string{
			http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete,
		} {
			for _, path := range []string{
				"/session", "/csrf", "/providers", "/signin", "/signin/idp", "/signout", "/callback/idp?code=c&state=s",
				"/error",
			} {
				v.send(method, path, "")
			}
		}
	}},
	{"paths", func(v *visitor) {
		v.withCSRFCookie()
		for _, path := range []string{
			"", "/", "/unknown", "/Session", "/session/", "/session/x", "/session//", "/providers/idp", "/csrf/x",
			"/signin/", "/signin/idp/x", "/signout/x",
			"/callback", "/callback/", "/callback/unknown", "/verify-request/x", "/webauthn-options/idp", "/_log",
		} {
			v.get(path)
		}
		for _, path := range []string{
			"", "/unknown", "/error", "/verify-request", "/callback", "/callback/unknown", "/callback/idp",
			"/signout/x", "/session/x", "/webauthn-options/idp",
		} {
			v.post(path, "")
		}
		v.send(http.MethodPost, "/_log", "level=error&code=CLIENT_FETCH_ERROR&message=m&client=true")
	}},
	{"content types", func(v *visitor) {
		token := `{"csrfToken":"` + csrfToken + `"`
		v.withCSRFCookie()
		for _, kind := range []string{
			"application/json", "application/json; charset=utf-8", "text/plain", "multipart/form-data; boundary=x",
			"application/xml", "",
		} {
			v.send(http.MethodPost, "/signout", token+`,"callbackUrl":"/a"}`, "Content-Type: "+kind)
		}
		for _, kind := range []string{
			"application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-Urlencoded", "text/plain",
		} {
			v.send(http.MethodPost, "/signout", "csrfToken="+csrfToken+"&callbackUrl=/b", "Content-Type: "+kind)
		}
		v.send(http.MethodPost, "/signout", "callbackUrl=/c&csrfToken=0&csrfToken="+csrfToken+"&callbackUrl=/d")
		v.send(http.MethodPost, "/signout", token+`,"callbackUrl":1}`, "Content-Type: application/json")
	}},
	{"pages", func(v *visitor) {
		v.withCSRFCookie()
		for _, path := range []string{
			"/signin", "/signin?callbackUrl=/a", "/signin?error=OAuthAccountNotLinked",
			"/signin?error=CredentialsSignin&code=credentials", "/signin?email=ann@example.com",
			"/signout", "/signout?callbackUrl=/b", "/verify-request", "/verify-request?provider=email&type=email",
		} {
			v.get(path)
		}
		v.get("/signin", withHeader)
		v.get("/signin/idp")
		v.get("/signin/unknown")
		v.get("/signin/undefined")
	}},
	{"error", func(v *visitor) {
		v.withCSRFCookie()
		for _, code := range []string{
			"", "Configuration", "AccessDenied", "Verification", "configuration", "accessdenied", "verification",
			"Default", "Signin", "OAuthSignin", "OAuthCallback",
			"OAuthCallbackError", "OAuthCreateAccount", "EmailCreateAccount", "Callback", "OAuthAccountNotLinked",
			"AccountNotLinked", "EmailSignin", "CredentialsSignin",
			"SessionRequired", "MissingCSRF", "WebAuthnVerificationError", "<script>alert(1)</script>",
		} {
			v.get("/error?error=" + url.QueryEscape(code))
		}
		v.get("/error")
		v.get("/error/AccessDenied")
		v.get("/error?error=AccessDenied&error=Configuration")
	}},
}

// targets are callback URLs, both good and hostile.
var targets = []string{
	"/", "/a", "/a?b=c&d=e#f", "http://" + host, "http://" + host + "/a", "https://" + host + "/a",
	"HTTP://SITE.EXAMPLE/a", "http://" + host + ":80/a",
	"http://" + host + ":81/a", "http://user@" + host + "/a", "http://evil.example", "https://evil.example/a",
	"http://" + host + ".evil.example/a",
	"http://" + host + "@evil.example/a", "//evil.example", "///evil.example", "////evil.example", `/\evil.example`,
	`\\evil.example`, `/\/evil.example`, "/%2fevil.example",
	"/%5cevil.example", "/\tevil.example", "/\n/evil.example", "http:evil.example", "http:/evil.example",
	`http:\\evil.example`, "javascript:alert(1)", "data:text/html,x",
	"vbscript:x", "file:///etc/passwd", "relative", "?a=b", "#a", " /a", "/a b", "/ü", "/.//evil.example",
	"/..//evil.example", "http://[::1]/", "http://" + host + "\x00.evil.example/",
	"http://" + host + `\@evil.example/`, "http://evil.example#@" + host, "http://evil.example?@" + host,
	"ftp://" + host + "/a", "http://", "http:///a", "%",
}

var callbackURLs = []script{
	{"callbackUrl in the query", func(v *visitor) {
		for _, target := range targets {
			v.withCSRFCookie().get("/csrf?callbackUrl=" + url.QueryEscape(target))
			delete(v.cookies, v.cookie("callback-url"))
		}
		v.get("/signin?callbackUrl=/a&callbackUrl=/b")
		v.get("/csrf")
		v.get("/csrf?callbackUrl=")
	}},
	{"callbackUrl in the form", func(v *visitor) {
		for _, target := range targets {
			v.clientPost("/signout", "callbackUrl="+url.QueryEscape(target))
			delete(v.cookies, v.cookie("callback-url"))
		}
	}},
	{"callbackUrl in the cookie", func(v *visitor) {
		for _, target := range targets {
			v.note = strconv.Quote(target)
			v.cookies[v.cookie("callback-url")] = strings.ReplaceAll(url.QueryEscape(target), "+", "%20")
			v.clientPost("/signout", "")
		}
		v.note = "%zz"
		v.cookies[v.cookie("callback-url")] = "%zz"
		v.get("/csrf")
	}},
}

var signOuts = []script{
	{"sign-out", func(v *visitor) {
		v.signedIn()
		v.send(http.MethodPost, "/signout", "")
		v.send(http.MethodPost, "/signout", "", withHeader)
		v.send(http.MethodPost, "/signout", "csrfToken=0&json=true")
		v.post("/signout", "callbackUrl=/a")
		v.post("/signout", "")
		v.signedIn().post("/signout", "callbackUrl=/b", withHeader)
		v.signedIn().post("/signout", "callbackUrl=/c&json=true")
		v.get("/session")
	}},
}

var jwtSessions = []script{
	{"session", func(v *visitor) {
		session := v.cookie("session-token")
		v.withCSRFCookie().get("/session")
		v.get("/session?update")
		for _, token := range []string{v.token(3600), v.token(-60), "garbage", "a.b.c.d.e", ""} {
			v.cookies[session] = token
			v.get("/session")
			delete(v.cookies, session)
		}
		token := v.token(3600)
		v.cookies[session+".0"], v.cookies[session+".1"] = token[:100], token[100:]
		v.get("/session")
		v.get("/session", "Authorization: Bearer "+v.token(3600))
	}},
	{"session update", func(v *visitor) {
		v.signedIn()
		const asJSON = "Content-Type: application/json"
		data := func(data string) string { return `{"csrfToken":"` + csrfToken + `","data":` + data + `}` }
		v.send(http.MethodPost, "/session", data(`{"name":"Bea"}`), asJSON)
		v.get("/session")
		v.send(http.MethodPost, "/session", data(`null`), asJSON)
		v.send(http.MethodPost, "/session", `{"csrfToken":"`+csrfToken+`"}`, asJSON)
		v.post("/session", "data="+url.QueryEscape(`{"name":"Cleo"}`))
		v.post("/session", "")
		v.send(http.MethodPost, "/session", `{"csrfToken":"0","data":{"name":"Eve"}}`, asJSON)
		v.send(http.MethodPost, "/session", "")
		v.send(http.MethodPost, "/session", data(`{"fail":true}`), asJSON)
		delete(v.cookies, v.cookie("session-token"))
		v.send(http.MethodPost, "/session", data(`{"name":"Dan"}`), asJSON)
	}},
}

// person is somebody who can sign in at the provider, with a verified address.
func person(name string) cardeatest.Person {
	return cardeatest.Person{
		Subject: name, Name: name, Email: name + "@example.com", EmailVerified: true,
		Picture: "https://example.com/" + name + ".png",
	}
}

// startSignIn starts a sign-in at the provider as a person, and returns the path of the callback.
func (v *visitor) startSignIn(name, form string) string {
	v.t.Helper()
	v.pair.issuer.Next(person(name))
	to := v.post("/signin/idp", form)
	if !strings.HasPrefix(to.location, v.pair.issuer.URL) {
		v.t.Fatalf("sent to %s", to.location)
	}
	return v.followToProvider(to.location, name)
}

var providers = []script{
	{"sign-in", func(v *visitor) {
		v.withCSRFCookie()
		v.send(http.MethodPost, "/signin/idp", "")
		v.send(http.MethodPost, "/signin/idp", "csrfToken=0")
		v.send(http.MethodPost, "/signin/idp", "", withHeader)
		v.send(http.MethodPost, "/signin/idp", "json=true")
		v.post("/signin/idp", "callbackUrl=/a", withHeader)
		v.post("/signin/idp", "callbackUrl=/a&json=true")
		v.post("/signin/idp", "")
		v.post("/signin/idp?prompt=login&login_hint=ann", "")
		v.post("/signin/idp?scope=all&client_id=x&redirect_uri=https://evil.example&response_type=token&foo=bar", "")
		for _, path := range []string{"/signin", "/signin/undefined", "/signin/unknown", "/signin/credentials"} {
			v.post(path, "callbackUrl=/a")
			v.post(path, "callbackUrl=/a", withHeader)
		}
	}},
	{"sign-in of somebody new", func(v *visitor) {
		v.get(v.startSignIn("new", "callbackUrl=/a"))
		v.get("/session")
	}},
	{"sign-in of somebody known", func(v *visitor) {
		v.get(v.startSignIn("new", ""))
		v.get(v.startSignIn("new", "callbackUrl=/b")) // while signed in
		v.get("/session")
	}},
	{"sign-in by the client of v5", func(v *visitor) {
		v.get(v.startSignIn("new", ""), withHeader)
	}},
	{"sign-in with an address that somebody has", func(v *visitor) {
		v.get(v.startSignIn("bob", ""))
		v.get("/session")
	}},
	{"sign-in that the application refuses", func(v *visitor) {
		v.get(v.startSignIn("denied", ""))
		v.get(v.startSignIn("denied", ""), withHeader)
		v.get(v.startSignIn("elsewhere", ""))
		v.get("/session")
	}},
	{"sign-in that the visitor cancels", func(v *visitor) {
		callback := v.startSignIn("new", "")
		u, _ := url.Parse(callback)
		q := u.Query()
		q.Del("code")
		q.Set("error", "access_denied")
		v.get("/callback/idp?" + q.Encode())
		v.get("/callback/idp?error=access_denied")
	}},
	{"callback without its cookies", func(v *visitor) {
		callback := v.startSignIn("new", "")
		clear(v.cookies)
		v.get(callback)
	}},
	{"callback twice", func(v *visitor) {
		callback := v.startSignIn("new", "")
		v.get(callback)
		v.get(callback)
	}},
	{"callback with another state", func(v *visitor) {
		u, _ := url.Parse(v.startSignIn("new", ""))
		q := u.Query()
		q.Set("state", "another")
		v.get("/callback/idp?" + q.Encode())
		q.Del("state")
		v.get("/callback/idp?" + q.Encode())
	}},
	{"callback without a code", func(v *visitor) {
		u, _ := url.Parse(v.startSignIn("new", ""))
		q := u.Query()
		q.Del("code")
		v.get("/callback/idp?" + q.Encode())
		v.get("/callback/idp")
	}},
	{"callback from another issuer", func(v *visitor) {
		u, _ := url.Parse(v.startSignIn("new", ""))
		q := u.Query()
		q.Set("iss", "https://evil.example")
		v.get("/callback/idp?" + q.Encode())
	}},
	{"provider that fails", func(v *visitor) {
		for _, way := range []cardeatest.Misbehaviour{
			cardeatest.Broken(cardeatest.Token, cardeatest.SendsError400),
			cardeatest.Broken(cardeatest.Token, cardeatest.SendsError500),
			cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML), cardeatest.NoAccessToken, cardeatest.NoIDToken,
			cardeatest.IssForeign, cardeatest.AudForeign,
			cardeatest.ExpPast, cardeatest.NonceForeign, cardeatest.NonceMissing, cardeatest.SubMissing,
		} {
			v.note = ""
			callback := v.startSignIn("new", "")
			v.note = string(way)
			v.pair.issuer.Misbehave(way)
			v.get(callback)
			v.pair.issuer.Misbehave()
		}
	}},
	{"ID token with a broken signature", func(v *visitor) {
		callback := v.startSignIn("new", "")
		v.pair.issuer.Misbehave(cardeatest.SignatureBroken)
		v.get(callback)
	}},
}

var forms = []script{
	{"credentials", func(v *visitor) {
		v.withCSRFCookie()
		v.send(http.MethodPost, "/callback/credentials", "password=right")
		v.send(http.MethodPost, "/callback/credentials", "password=right&json=true")
		for _, password := range []string{"right", "wrong", "locked", "broken"} {
			form := "password=" + password + "&callbackUrl=/a"
			for _, try := range []func() reply{
				func() reply { return v.post("/callback/credentials", form) },
				func() reply { return v.post("/callback/credentials", form, withHeader) },
				func() reply { return v.post("/callback/credentials", form+"&json=true") },
			} {
				try()
				v.get("/session")
				delete(v.cookies, v.cookie("session-token"))
			}
		}
		v.post("/callback/credentials", "")
		v.get("/callback/credentials")
		v.send(http.MethodPost, "/callback/credentials", `{"csrfToken":"`+csrfToken+`","password":"right"}`,
			"Content-Type: application/json")
	}},
	{"mail", func(v *visitor) {
		v.withCSRFCookie()
		v.send(http.MethodPost, "/signin/email", "email=ann@example.com")
		v.post("/signin/email", "email=%20Ann@Example.COM&callbackUrl=/a")
		link := v.mailedLink("ann@example.com")
		v.get(link)
		v.get("/session")
		v.get(link)
		v.post("/signin/email", "email=new-mail@example.com", withHeader)
		v.get(v.mailedLink("new-mail@example.com"), withHeader)
		v.post("/signin/email", "email=ann@example.com&json=true")
	}},
	{"mail that the application refuses", func(v *visitor) {
		v.post("/signin/email", "email=denied@example.com")
		v.post("/signin/email", "email=elsewhere@example.com")
	}},
	{"mail that cannot be sent", func(v *visitor) {
		v.pair.node.Call(v.t, nil, "failMails", true)
		v.pair.mails.Fail(errNoServer)
		defer func() {
			v.pair.node.Call(v.t, nil, "failMails", false)
			v.pair.mails.Fail(nil)
		}()
		v.post("/signin/email", "email=ann@example.com")
	}},
	{"addresses", func(v *visitor) {
		v.withCSRFCookie()
		for _, address := range []string{
			"", "ann", "ann@", "@example.com", "a@b@example.com", `"a"@example.com`, "ann@localhost",
		} {
			v.post("/signin/email", "email="+url.QueryEscape(address))
		}
		v.post("/signin/email", "")
	}},
	{"links", func(v *visitor) {
		v.post("/signin/email", "email=ann@example.com")
		u, _ := url.Parse(v.mailedLink("ann@example.com"))
		for _, change := range []func(url.Values){
			func(q url.Values) { q.Del("token") },
			func(q url.Values) { q.Set("token", "0") },
			func(q url.Values) { q.Del("email") },
		} {
			q := u.Query()
			change(q)
			v.get("/callback/email?" + q.Encode())
		}
	}},
}

var https = []script{
	{"https", func(v *visitor) {
		v.https = true
		v.get("/csrf")
		v.get("/providers")
		v.signedIn().get("/session")
		v.get("/csrf?callbackUrl=http://" + host + "/a")
		v.post("/signin/idp", "callbackUrl=/a")
		v.post("/signout", "")
	}},
}

var databaseSessions = []script{
	{"session", func(v *visitor) {
		v.withCSRFCookie()
		for _, token := range []string{"fresh", "used", "expired", "unknown", "without%20a%20name", ""} {
			v.cookies[v.cookie("session-token")] = token
			v.get("/session")
		}
		v.cookies[v.cookie("session-token")] = "fresh"
		v.get("/session")
		v.post("/session", "data="+url.QueryEscape(`{"name":"Bea"}`))
		v.send(http.MethodPost, "/session", "")
	}},
	{"sign-in at a provider", func(v *visitor) {
		v.get(v.startSignIn("new", "callbackUrl=/a"))
		v.get("/session")
		v.post("/signout", "")
		v.get("/session")
	}},
	{"sign-out", func(v *visitor) {
		v.withCSRFCookie().cookies[v.cookie("session-token")] = "ending"
		v.post("/signout", "callbackUrl=/a", withHeader)
		v.cookies[v.cookie("session-token")] = "ending"
		v.get("/session")
	}},
	{"credentials", func(v *visitor) {
		v.post("/callback/credentials", "password=right")
		v.get("/session")
	}},
	{"mail", func(v *visitor) {
		v.post("/signin/email", "email=somebody@example.com")
		v.get(v.mailedLink("somebody@example.com"))
		v.get("/session")
	}},
}

var ownPages = []script{
	{"own pages", func(v *visitor) {
		v.withCSRFCookie()
		for _, path := range []string{
			"/signin", "/signin?callbackUrl=/a&error=x", "/signout", "/verify-request?provider=email&type=email",
			"/error", "/error?error=AccessDenied",
		} {
			v.get(path)
		}
		v.get("/signin", withHeader)
		v.send(http.MethodPost, "/signin/idp", "")
		v.send(http.MethodPost, "/signout", "", withHeader)
		v.post("/callback/credentials", "password=wrong")
		v.post("/signin/email", "email=ann@example.com")
		v.get(v.startSignIn("denied", ""))
		v.get(v.startSignIn("new", "callbackUrl=/a"))
	}},
}
