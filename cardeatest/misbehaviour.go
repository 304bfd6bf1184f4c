package cardeatest

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Misbehaviour is one way in which an [Issuer] violates the standards. Its text says what is wrong.
// There is none for a person without subject or with an unverified address: set the fields of
// [Person], which are sent as they are.
type Misbehaviour string

// Misbehaviours in the discovery document. A client must refuse the document.
const (
	DiscoveryForeignIssuer Misbehaviour = "discovery: another issuer"
	DiscoveryNoIssuer      Misbehaviour = "discovery: issuer missing"
	DiscoveryPlainHTTP     Misbehaviour = "discovery: endpoints over plain http, not on loopback"
	DiscoveryNoEndpoints   Misbehaviour = "discovery: endpoints missing"
)

// Misbehaviours in the redirect back to the client. A client must refuse the callback.
const (
	CallbackNoIss        Misbehaviour = "callback: iss missing, although discovery promises it" // RFC 9207
	CallbackForeignIss   Misbehaviour = "callback: iss of another issuer"
	CallbackNoState      Misbehaviour = "callback: state missing"
	CallbackForeignState Misbehaviour = "callback: state of another request"
)

// Misbehaviours of the token endpoint. IgnoresPKCE is for tests that send a stolen code themselves.
// With SwapsCodes a code gets the tokens of another visitor who is signing in at the same time; a
// client can notice that by the nonce.
const (
	IgnoresPKCE      Misbehaviour = "token: PKCE ignored"
	SwapsCodes       Misbehaviour = "token: PKCE ignored and codes swapped"
	ErrorWithOK      Misbehaviour = "token: error with status 200"
	AccessTokenNull  Misbehaviour = "token: access_token null"
	NoAccessToken    Misbehaviour = "token: access_token missing"
	ForeignTokenType Misbehaviour = "token: token_type mac"
	NoIDToken        Misbehaviour = "token: id_token missing"
)

// Misbehaviours in the claims of the ID token, whose signature is valid. A client must refuse it.
const (
	IssForeign        Misbehaviour = "id token: iss of another issuer"
	IssMissing        Misbehaviour = "id token: iss missing"
	IssWithSlash      Misbehaviour = "id token: iss with an additional slash"
	AudForeign        Misbehaviour = "id token: aud is another client"
	AudForeignList    Misbehaviour = "id token: aud is a list of other clients"
	AudEmptyList      Misbehaviour = "id token: aud is an empty list"
	AudMissing        Misbehaviour = "id token: aud missing"
	AudSeveralNoAzp   Misbehaviour = "id token: several aud without azp"
	AzpForeign        Misbehaviour = "id token: azp is another client"
	AzpForeignSeveral Misbehaviour = "id token: several aud, azp is another client"
	ExpPast           Misbehaviour = "id token: exp past"
	ExpMissing        Misbehaviour = "id token: exp missing"
	IatFuture         Misbehaviour = "id token: iat in the future"
	IatMissing        Misbehaviour = "id token: iat missing"
	NbfFuture         Misbehaviour = "id token: nbf in the future"
	NonceMissing      Misbehaviour = "id token: nonce missing"
	NonceForeign      Misbehaviour = "id token: nonce of another request"
	SubMissing        Misbehaviour = "id token: sub missing"
	SubEmpty          Misbehaviour = "id token: sub empty"
	SubNull           Misbehaviour = "id token: sub null"
	SubNumber         Misbehaviour = "id token: sub is a number"
	AtHashForeign     Misbehaviour = "id token: at_hash of another access token"
)

// Misbehaviours in the claims of an ID token for which the client has sent a max_age. A client must
// not take the person for one who has just signed in.
const (
	AuthTimeMissing Misbehaviour = "id token: auth_time missing"
	AuthTimeOld     Misbehaviour = "id token: auth_time an hour ago"
)

// Misbehaviours in the header or the signature of the ID token. A client must refuse it. Only
// KidMissing may be accepted from an issuer with one key.
const (
	AlgNone             Misbehaviour = "id token: alg none"
	AlgHS256            Misbehaviour = "id token: HS256 with the public key as secret"
	KidUnknown          Misbehaviour = "id token: kid unknown"
	KidMissing          Misbehaviour = "id token: kid missing"
	HeaderJKU           Misbehaviour = "id token: signed by the stranger, jku names its key set"
	HeaderX5U           Misbehaviour = "id token: signed by the stranger, x5u names its key set"
	HeaderJWK           Misbehaviour = "id token: signed by the stranger, its key in jwk"
	SignatureOfStranger Misbehaviour = "id token: signed by the stranger"
	SignatureBroken     Misbehaviour = "id token: signature broken"
	// TokenOfStranger is a valid ID token of the stranger for the same client, nonce and person.
	TokenOfStranger Misbehaviour = "id token: a valid one of the stranger"
)

// Misbehaviours in the key set. A client must refuse the ID token. With JWKSSymmetric the key set
// has a symmetric key, and the ID token is signed with it.
const (
	JWKSSymmetric Misbehaviour = "jwks: symmetric key"
	JWKSNoKeys    Misbehaviour = "jwks: no keys"
)

// Misbehaviours of the userinfo endpoint. A client must not use the answer.
const (
	UserinfoForeignSub Misbehaviour = "userinfo: sub of another person"
	UserinfoNoSub      Misbehaviour = "userinfo: sub missing"
)

const callbackErrorPrefix = "callback: error "

// CallbackError makes the issuer redirect back with an error such as "access_denied" (RFC 6749
// § 4.1.2.1) instead of a code.
func CallbackError(code string) Misbehaviour { return Misbehaviour(callbackErrorPrefix + code) }

func (m Misbehaviour) callbackError() (code string, ok bool) {
	return strings.CutPrefix(string(m), callbackErrorPrefix)
}

// Failure is a way in which an endpoint can fail for every request.
type Failure string

// The failures.
const (
	Hangs          Failure = "hangs" // gives no answer until the client gives up or the test ends
	SendsNothing   Failure = "answers 200 with an empty body"
	SendsNull      Failure = "answers 200 with null"
	SendsHTML      Failure = "answers 200 with HTML"
	SendsHuge      Failure = "answers 200 with 8 MB of JSON"
	SendsError400  Failure = "answers 400 invalid_grant"
	SendsError500  Failure = "answers 500"
	SendsElsewhere Failure = "answers 307 to the stranger" // to the stranger's endpoint of the same name, which answers
)

// Broken makes an endpoint fail for every request.
func Broken(e Endpoint, how Failure) Misbehaviour {
	return Misbehaviour(string(e) + ": " + string(how))
}

// Misbehave makes the issuer misbehave in these ways only, from now on. Without arguments it
// behaves again. A misbehaviour that does not apply to a request has no effect on it. Misbehave
// panics for an [Issuer.Stranger], which cannot misbehave.
func (i *Issuer) Misbehave(ways ...Misbehaviour) {
	if i.stranger == nil {
		panic("cardeatest: the stranger cannot misbehave")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.faults)
	for _, way := range ways {
		i.faults[way] = true
	}
}

// breaks fails the request and reports true if the endpoint is broken.
func (i *Issuer) breaks(w http.ResponseWriter, r *http.Request, e Endpoint) bool {
	var how Failure
	i.mu.Lock()
	for fault := range i.faults {
		if text, ok := strings.CutPrefix(string(fault), string(e)+": "); ok &&
			slices.Contains(failures, Failure(text)) {
			how = Failure(text)
		}
	}
	i.mu.Unlock()
	if how == "" {
		return false
	}
	i.fail(w, r, how)
	return true
}

var failures = []Failure{
	Hangs, SendsNothing, SendsNull, SendsHTML, SendsHuge, SendsError400, SendsError500, SendsElsewhere,
}

func (i *Issuer) fail(w http.ResponseWriter, r *http.Request, how Failure) {
	switch how {
	case Hangs:
		io.Copy(io.Discard, r.Body) // only after that the server notices that the client has gone
		select {
		case <-r.Context().Done():
		case <-i.stopped:
		}
	case SendsNothing:
		w.Header().Set("Content-Type", "application/json")
	case SendsNull:
		answer(w, http.StatusOK, nil)
	case SendsHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>Sorry</title><p>Please try again later.")
	case SendsHuge:
		answer(w, http.StatusOK, map[string]string{"access_token": strings.Repeat("a.", 4<<20)})
	case SendsError400:
		refuse(w, http.StatusBadRequest, "invalid_grant")
	case SendsError500:
		refuse(w, http.StatusInternalServerError, "server_error")
	case SendsElsewhere:
		w.Header().Set("Location", i.stranger.URL+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

const (
	otherClient = "another-client"
	otherURL    = "https://somebody-else.example"
	otherValue  = "c29tZWJvZHkgZWxzZSdzIHZhbHVl"
)

var discoveryFaults = map[Misbehaviour]func(map[string]any){
	DiscoveryForeignIssuer: func(m map[string]any) { m["issuer"] = otherURL },
	DiscoveryNoIssuer:      func(m map[string]any) { delete(m, "issuer") },
	DiscoveryPlainHTTP: func(m map[string]any) {
		for _, name := range endpointNames {
			m[name] = "http://idp.example/" + name
		}
	},
	DiscoveryNoEndpoints: func(m map[string]any) {
		maps.DeleteFunc(m, func(name string, _ any) bool { return slices.Contains(endpointNames, name) })
	},
}

var endpointNames = []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"}

var callbackFaults = map[Misbehaviour]func(map[string]any){
	CallbackNoIss:        func(m map[string]any) { delete(m, "iss") },
	CallbackForeignIss:   func(m map[string]any) { m["iss"] = otherURL },
	CallbackNoState:      func(m map[string]any) { delete(m, "state") },
	CallbackForeignState: func(m map[string]any) { m["state"] = otherValue },
}

var tokenFaults = map[Misbehaviour]func(map[string]any){
	ErrorWithOK: func(m map[string]any) {
		clear(m)
		m["error"] = "bad_verification_code"
	},
	AccessTokenNull:  func(m map[string]any) { m["access_token"] = nil },
	NoAccessToken:    func(m map[string]any) { delete(m, "access_token") },
	ForeignTokenType: func(m map[string]any) { m["token_type"] = "mac" },
	NoIDToken:        func(m map[string]any) { delete(m, "id_token") },
}

var claimFaults = map[Misbehaviour]func(map[string]any){
	IssForeign:      func(m map[string]any) { m["iss"] = otherURL },
	IssMissing:      func(m map[string]any) { delete(m, "iss") },
	IssWithSlash:    func(m map[string]any) { m["iss"] = m["iss"].(string) + "/" },
	AudForeign:      func(m map[string]any) { m["aud"] = otherClient },
	AudForeignList:  func(m map[string]any) { m["aud"] = []string{otherClient, "a-third-client"} },
	AudEmptyList:    func(m map[string]any) { m["aud"] = []string{} },
	AudMissing:      func(m map[string]any) { delete(m, "aud") },
	AudSeveralNoAzp: func(m map[string]any) { m["aud"] = []any{m["aud"], otherClient} },
	AzpForeign:      func(m map[string]any) { m["azp"] = otherClient },
	AzpForeignSeveral: func(m map[string]any) {
		m["aud"] = []any{m["aud"], otherClient}
		m["azp"] = otherClient
	},
	ExpPast:       func(m map[string]any) { m["exp"] = m["iat"].(int64) - 60 },
	ExpMissing:    func(m map[string]any) { delete(m, "exp") },
	IatFuture:     func(m map[string]any) { m["iat"] = m["iat"].(int64) + 120 },
	IatMissing:    func(m map[string]any) { delete(m, "iat") },
	NbfFuture:     func(m map[string]any) { m["nbf"] = m["iat"].(int64) + 120 },
	NonceMissing:  func(m map[string]any) { delete(m, "nonce") },
	NonceForeign:  func(m map[string]any) { m["nonce"] = otherValue },
	SubMissing:    func(m map[string]any) { delete(m, "sub") },
	SubEmpty:      func(m map[string]any) { m["sub"] = "" },
	SubNull:       func(m map[string]any) { m["sub"] = nil },
	SubNumber:     func(m map[string]any) { m["sub"] = 1001 },
	AtHashForeign: func(m map[string]any) { m["at_hash"] = otherValue },

	AuthTimeMissing: func(m map[string]any) { delete(m, "auth_time") },
	AuthTimeOld:     func(m map[string]any) { m["auth_time"] = m["iat"].(int64) - 3600 },
}

var userinfoFaults = map[Misbehaviour]func(map[string]any){
	UserinfoForeignSub: func(m map[string]any) { m["sub"] = "somebody-else" },
	UserinfoNoSub:      func(m map[string]any) { delete(m, "sub") },
}
