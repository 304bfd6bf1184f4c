package relyingparty_test

import (
	"crypto"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

const (
	accessToken = "the-access-token-of-ann"
	clientID    = "the client"
	secret      = "a secret of at least 32 bytes, only for tests"
	keyID       = "key-1"
)

// scenario is all that the test's OpenID provider answers during one sign-in. newScenario returns a
// correct one, and a test case changes one thing.
type scenario struct {
	issuer   string
	now      time.Time
	clientID string
	secret   string
	post     bool // the client authenticates by client_secret_post instead of client_secret_basic

	metadata answer // OpenID Connect Discovery 1.0 § 3
	keys     answer // RFC 7517 § 5
	userinfo answer // OpenID Connect Core 1.0 § 5.3.2; not requested if it has no members
	token    answer // RFC 6749 § 5.1; "{id_token}" stands for the ID token that the fields below describe

	signedUserinfo bool // the client is registered for userinfo as a JWT

	algorithm string // of the signature; the header says what it says
	key       any    // that signs: a crypto.Signer, or a []byte for HS256
	header    object
	claims    object // "{nonce}" stands for the nonce of the authorization request
	rawHeader string // replaces header if it is not empty
	rawClaims string // replaces claims if it is not empty
	// blanks after header and claims, so that base64url leaves bits of their ends unused
	unused bool
	alter  func(idToken string) string // changes the signed token; may be nil
}

// answer is an HTTP answer of the provider.
type answer struct {
	status      int
	contentType string
	members     object
	raw         string // replaces members if it is not empty
	empty       bool   // no body at all
}

func newScenario(issuer string) *scenario {
	now := time.Now()
	return &scenario{
		issuer: issuer, now: now, clientID: clientID, secret: secret,
		metadata: jsonAnswer(object{
			"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
			"jwks_uri": issuer + "/keys", "response_types_supported": []any{"code"},
			"subject_types_supported": []any{"public"}, "id_token_signing_alg_values_supported": []any{"RS256"},
		}),
		keys: jsonAnswer(object{"keys": []any{jwk(rsaKey, keyID)}}),
		token: jsonAnswer(object{
			"access_token": accessToken, "token_type": "Bearer", "expires_in": 3600, "id_token": "{id_token}",
		}),

		algorithm: "RS256", key: rsaKey, header: object{"alg": "RS256", "kid": keyID},
		claims: object{
			"iss": issuer, "sub": "ann", "aud": clientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
			"nonce": "{nonce}",
		},
	}
}

func jsonAnswer(members object) answer {
	return answer{status: http.StatusOK, contentType: "application/json", members: members}
}

// signedBy signs the ID token with another key, publishes the key, and announces the algorithm in
// the metadata.
func (s *scenario) signedBy(algorithm string, key crypto.Signer) {
	s.algorithm, s.key = algorithm, key
	s.header["alg"] = algorithm
	s.publish(jwk(key, keyID))
	s.metadata.members["id_token_signing_alg_values_supported"] = []any{algorithm}
}

// withUserinfo has both relying parties request userinfo. It is correct, and then changed.
func (s *scenario) withUserinfo(change func(*scenario)) {
	s.metadata.members["userinfo_endpoint"] = s.issuer + "/userinfo"
	s.userinfo = jsonAnswer(object{"sub": "ann", "email": "ann@example.com"})
	change(s)
}

// publish makes these the members of the key set.
func (s *scenario) publish(keys ...any) { s.keys.members["keys"] = keys }

// idToken returns the ID token of a sign-in with a nonce (OpenID Connect Core 1.0 § 2).
func (s *scenario) idToken(nonce string) string {
	header, claims := s.rawHeader, s.rawClaims
	if header == "" {
		header = jsonText(s.header)
	}
	if claims == "" {
		claims = jsonText(s.claims)
	}
	claims = strings.ReplaceAll(claims, "{nonce}", nonce)
	if s.unused {
		header, claims = withUnusedBits(header), withUnusedBits(claims)
	}
	input := encode([]byte(header)) + "." + encode([]byte(claims))
	token := input + "." + encode(sign(s.algorithm, s.key, []byte(input)))
	if s.alter != nil {
		token = s.alter(token)
	}
	return token
}

// withUnusedBits adds blanks until the last character of the text in base64url has unused bits.
func withUnusedBits(text string) string {
	for len(text)%3 != 1 {
		text += " "
	}
	return text
}

// tokenAnswer returns the body of the token endpoint's answer.
func (s *scenario) tokenAnswer(nonce string) string {
	body := s.token.body()
	if !strings.Contains(body, "{id_token}") {
		return body
	}
	token := jsonText(s.idToken(nonce))
	return strings.ReplaceAll(body, "{id_token}", token[1:len(token)-1])
}

func (a answer) body() string {
	if a.raw != "" {
		return a.raw
	}
	return jsonText(a.members)
}

// absent is the value of a member that is to be left out.
const absent = "{absent}"

// set sets a member of an object, or removes it.
func set(in object, name string, value any) {
	if value == absent {
		delete(in, name)
		return
	}
	in[name] = value
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
