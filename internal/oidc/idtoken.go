package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

const (
	maxToken = 64 << 10         // bytes; the largest known ID tokens, with hundreds of groups, have half of it
	leeway   = 30 * time.Second // between the issuer's clock and ours

	maxSubject = 255 // characters (OpenID Connect Core 1.0 § 2)
)

// ErrLongSubject means that an ID token is right but for a claim sub of more than 255 characters.
var ErrLongSubject = errors.New("sub: longer than 255 characters (OpenID Connect Core 1.0 § 2)")

// Expect is what an ID token must contain. If a required field is empty, no token is accepted.
type Expect struct {
	// ClientID is the audience. Required.
	ClientID string

	// Nonce is the nonce of the authorization request. Required, unless SkipNonce is set.
	Nonce string

	// SkipNonce says that no nonce was sent: one in the token is ignored. Nonce must be empty then.
	SkipNonce bool

	// AccessToken is compared with at_hash, if the token has one. Empty if there is no access
	// token.
	AccessToken string

	// Secret is the client secret, if the token must be signed with it (HS256). No other signature
	// is accepted then. Empty for tokens signed with a key of the issuer.
	Secret string

	// Issuer is the issuer identifier, or a template with claims in braces. Required; set by
	// [Issuer.Verify].
	Issuer string

	// IssuerAlias is another spelling of Issuer that is accepted; "" if there is none. Set by
	// [Issuer.Verify].
	IssuerAlias string

	// AllowedIssuers are the identifiers accepted for a template. None accepts all that match it.
	// Set by [Issuer.Verify].
	AllowedIssuers []string

	// Algorithms are those with which the issuer signs. Defaults to RS256. Set by [Issuer.Verify].
	Algorithms []string

	// Now is the present time. Required; set by [Issuer.Verify].
	Now time.Time
}

// Verify checks an ID token as OpenID Connect Core 1.0 § 3.1.3.7 requires, the signature first, and
// returns its claims, with numbers as [json.Number]. It accepts only asymmetric signatures by keys
// of the set, or only HS256 if e.Secret is set.
//
// An error names the check that failed, as in "id token: aud: …", and contains nothing of the
// token.
func (s *KeySet) Verify(ctx context.Context, rawIDToken string, e Expect) (map[string]any, error) {
	claims, err := s.verify(ctx, rawIDToken, e)
	if err != nil {
		return nil, fmt.Errorf("id token: %w", err)
	}
	return claims, nil
}

func (s *KeySet) verify(ctx context.Context, raw string, e Expect) (map[string]any, error) {
	if e.ClientID == "" || (e.Nonce == "") != e.SkipNonce || e.Issuer == "" || e.Now.IsZero() {
		return nil, errors.New("the expected client, nonce, issuer or time is not given")
	}
	claims, alg, err := s.verifiedClaims(ctx, raw, e)
	if err != nil {
		return nil, err
	}
	if err := e.check(claims); err != nil {
		return nil, err
	}
	if err := e.checkHash(claims, alg); err != nil {
		return nil, err
	}
	return claims, nil
}

// VerifyUserinfo checks a signed response of the userinfo endpoint (OpenID Connect Core 1.0 §
// 5.3.2): the signature, by any asymmetric algorithm, the issuer, the audience and, if it has exp,
// the times. It needs ClientID, Issuer and Now of e. It does not compare sub with that of the ID
// token; [Merge] does.
func (s *KeySet) VerifyUserinfo(ctx context.Context, raw string, e Expect) (map[string]any, error) {
	if e.ClientID == "" || e.Issuer == "" || e.Now.IsZero() {
		return nil, errors.New("userinfo: the expected client, issuer or time is not given")
	}
	e.Algorithms = algorithms
	claims, _, err := s.verifiedClaims(ctx, raw, e)
	if err == nil {
		err = e.checkUserinfo(claims)
	}
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	return claims, nil
}

// verifiedClaims verifies the signature of a token and returns its claims, which are not checked
// yet, and the algorithm of the signature.
func (s *KeySet) verifiedClaims(
	ctx context.Context, raw string, e Expect,
) (claims map[string]any, alg string, err error) {
	accepted := acceptedAlgorithms(e.Algorithms)
	if e.Secret != "" {
		accepted = []string{"HS256"}
	}
	jws, err := parse(raw, accepted)
	if err != nil {
		return nil, "", err
	}
	var payload []byte
	var signer key
	if e.Secret != "" {
		payload, err = verifyWithSecret(jws, e.Secret)
	} else {
		payload, signer, err = s.verifySignature(ctx, jws)
	}
	if err != nil {
		return nil, "", err
	}
	claims, err = outbound.Object(payload)
	if err != nil {
		return nil, "", errors.New("claims: not a JSON object")
	}
	if signer.issuer != "" && !MatchesTemplate(signer.issuer, jsonvalue.String(claims["iss"])) {
		return nil, "", errors.New("iss: the key belongs to another tenant")
	}
	return claims, jws.Signatures[0].Protected.Algorithm, nil
}

// parse reads the compact serialization and checks the header, before any cryptography.
func parse(raw string, accepted []string) (*jose.JSONWebSignature, error) {
	if len(raw) > maxToken {
		return nil, fmt.Errorf("format: longer than %d bytes", maxToken)
	}
	parts := strings.SplitN(raw, ".", 4) // at most 4, however many dots a hostile token has: golang-jwt CVE-2025-30204
	if len(parts) != 3 || !canonical(parts) {
		return nil, errors.New("format: not a signed JWT")
	}
	plain, _ := base64.RawURLEncoding.DecodeString(parts[0])
	header, err := outbound.Object(plain)
	if err != nil {
		return nil, errors.New("format: header is not a JSON object")
	}
	alg := jsonvalue.String(header["alg"])
	if !slices.Contains(accepted, alg) {
		return nil, fmt.Errorf("alg: %s is not accepted", printable(alg))
	}
	// jwk: a key that comes with the signature proves nothing (RFC 8725, Section 3.10).
	// crit, b64, zip: they change how the token must be read (RFC 7515, Section 4.1.11; RFC 7797,
	// Section 7; RFC 7516, Section 4.1.3), and no ID token needs them.
	for _, name := range []string{"jwk", "crit", "b64", "zip"} {
		if _, ok := header[name]; ok {
			return nil, fmt.Errorf("header: %s is not accepted", name)
		}
	}
	if typ := strings.ToLower(jsonvalue.String(header["typ"])); strings.HasSuffix(typ, "+jwt") {
		return nil, errors.New("typ: a token of another kind") // such as at+jwt or logout+jwt: RFC 8725, Section 3.11
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		return nil, errors.New("format: malformed header") // the library's error quotes it
	}
	return jws, nil
}

// canonical reports whether every part is strict base64url. The library also accepts line breaks
// and unused bits that are not zero, so that several texts would be the same token.
func canonical(parts []string) bool {
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || part == "" ||
			strings.ContainsAny(part, "\r\n") {
			return false
		}
	}
	return true
}

// printable returns the name of an algorithm for an error, if it is a common one. A hostile token
// may have any text there.
func printable(alg string) string {
	switch alg {
	case "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
		"ES512", "EdDSA", "Ed25519":
		return alg
	}
	return "this algorithm"
}

// check checks the claims of an ID token whose signature was verified.
func (e Expect) check(claims map[string]any) error {
	if err := e.checkIssuer(claims); err != nil {
		return err
	}
	if err := e.checkAudience(claims); err != nil {
		return err
	}
	if err := e.checkTimes(claims); err != nil {
		return err
	}
	sub := jsonvalue.String(claims["sub"])
	if sub == "" {
		return errors.New("sub: not a text, or empty")
	}
	if !e.SkipNonce && subtle.ConstantTimeCompare([]byte(jsonvalue.String(claims["nonce"])), []byte(e.Nonce)) != 1 {
		return errors.New("nonce: not the one that was sent")
	}
	if len(sub) > maxSubject {
		return ErrLongSubject
	}
	return nil
}

func (e Expect) checkIssuer(claims map[string]any) error {
	issuer, err := fillTemplate(e.Issuer, claims)
	switch {
	case err != nil:
		return fmt.Errorf("iss: %w", err)
	case claims["iss"] != issuer && (e.IssuerAlias == "" || claims["iss"] != e.IssuerAlias):
		return errors.New("iss: not the configured issuer; set Issuer to exactly what the provider says")
	case len(e.AllowedIssuers) > 0 && !slices.Contains(e.AllowedIssuers, issuer):
		return errors.New("iss: a tenant that is not allowed")
	}
	return nil
}

// checkUserinfo checks the times only if there is exp: userinfo need not have them.
func (e Expect) checkUserinfo(claims map[string]any) error {
	if err := e.checkIssuer(claims); err != nil {
		return err
	}
	if err := e.checkAudience(claims); err != nil {
		return err
	}
	if claims["exp"] == nil {
		return nil
	}
	return e.checkTimes(claims)
}

func (e Expect) checkAudience(claims map[string]any) error {
	audiences, ok := claims["aud"].([]any)
	if !ok {
		audiences = []any{claims["aud"]}
	}
	hasUs, hasOthers := false, false
	for _, aud := range audiences {
		if aud == e.ClientID {
			hasUs = true
		} else {
			hasOthers = true
		}
	}
	if !hasUs {
		return errors.New("aud: not for this client; compare ClientID with the application that is registered there")
	}
	azp, has := claims["azp"]
	if hasOthers && !has {
		return errors.New("azp: missing, although there are several audiences")
	}
	if has && azp != e.ClientID {
		return errors.New("azp: issued to another client")
	}
	return nil
}

func (e Expect) checkTimes(claims map[string]any) error {
	now := float64(e.Now.UnixMilli()) / 1000
	exp, ok := seconds(claims["exp"])
	switch {
	case !ok:
		return errors.New("exp: missing, or not a number")
	case now >= exp+leeway.Seconds():
		return fmt.Errorf("exp: in the past%s", clockCure)
	}
	iat, ok := seconds(claims["iat"])
	switch {
	case !ok:
		return errors.New("iat: missing, or not a number")
	case iat > now+leeway.Seconds():
		return fmt.Errorf("iat: in the future%s", clockCure)
	}
	if _, has := claims["nbf"]; !has {
		return nil
	}
	nbf, ok := seconds(claims["nbf"])
	switch {
	case !ok:
		return errors.New("nbf: not a number")
	case nbf > now+leeway.Seconds():
		return fmt.Errorf("nbf: in the future%s", clockCure)
	}
	return nil
}

// clockCure follows an error about a time that was signed moments ago.
const clockCure = "; if every sign-in fails so, the clock of this machine or of the issuer is wrong by over 30 " +
	"seconds: set it by NTP"

// seconds returns a claim that is a time (NumericDate of RFC 7519 § 2), which may have a fraction.
func seconds(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// checkHash checks that the ID token was issued with the access token, if there is one and the ID
// token has at_hash (OpenID Connect Core 1.0, Section 3.1.3.8).
func (e Expect) checkHash(claims map[string]any, alg string) error {
	hash, has := claims["at_hash"]
	if !has || e.AccessToken == "" {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(jsonvalue.String(hash)), []byte(leftHalf(e.AccessToken, alg))) != 1 {
		return errors.New("at_hash: does not match the access token")
	}
	return nil
}

// leftHalf returns at_hash of an access token: the left half of its hash, by the hash function of
// the signature's algorithm.
func leftHalf(accessToken, alg string) string {
	var sum []byte
	switch alg {
	case "RS384", "PS384", "ES384":
		s := sha512.Sum384([]byte(accessToken))
		sum = s[:]
	case "RS512", "PS512", "ES512", "EdDSA", "Ed25519": // Ed25519 uses SHA-512
		s := sha512.Sum512([]byte(accessToken))
		sum = s[:]
	default:
		s := sha256.Sum256([]byte(accessToken))
		sum = s[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
