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

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

const (
	maxToken = 64 << 10         // bytes; the largest real ones, with hundreds of groups, have half of it
	leeway   = 30 * time.Second // between the issuer's clock and ours
)

// Expect is what an ID token must say. An Expect with an empty required field accepts no token.
type Expect struct {
	ClientID    string // required
	Nonce       string // required; as sent in the authorization request
	SkipNonce     bool   // none was sent, and one in the token means nothing; Nonce must be empty
	AccessToken string // compared with at_hash where the token has it; "" when there is none
	Secret      string // of the client, when the token must be signed with it, by HS256: then nothing else will do

	// Issuer.Verify sets these.
	Issuer         string    // required; may have claims in braces
	AllowedIssuers []string  // what they may make of it; none allows all
	Algorithms     []string  // what the issuer says it signs with; none is RS256
	Now            time.Time // required
}

// Verify checks an ID token by OpenID Connect Core 1.0 § 3.1.3.7, the signature first, and returns
// its claims, with numbers as json.Number. Only asymmetric signatures count, and only keys of the
// set, but with Secret. An error names the check that failed, as in "id token: aud: …", and holds
// nothing of the token.
func (s *KeySet) Verify(ctx context.Context, rawIDToken string, e Expect) (map[string]any, error) {
	claims, err := s.verify(ctx, rawIDToken, e)
	if err != nil {
		return nil, fmt.Errorf("id token: %w", err)
	}
	return claims, nil
}

func (s *KeySet) verify(ctx context.Context, raw string, e Expect) (map[string]any, error) {
	if e.ClientID == "" || (e.Nonce == "") != e.SkipNonce || e.Issuer == "" || e.Now.IsZero() {
		return nil, errors.New("nothing to compare it with")
	}
	claims, alg, err := s.signed(ctx, raw, e)
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

// VerifyUserinfo checks a signed answer of the userinfo endpoint (OpenID Connect Core 1.0 § 5.3.2):
// the signature, by any asymmetric algorithm, the issuer and the audience; of e it needs ClientID,
// Issuer and Now. That it is the same person's as the ID token is for [Merge] to see.
func (s *KeySet) VerifyUserinfo(ctx context.Context, raw string, e Expect) (map[string]any, error) {
	if e.ClientID == "" || e.Issuer == "" || e.Now.IsZero() {
		return nil, errors.New("userinfo: nothing to compare it with")
	}
	e.Algorithms = algorithms
	claims, _, err := s.signed(ctx, raw, e)
	if err == nil {
		err = e.checkUserinfo(claims)
	}
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	return claims, nil
}

// signed returns the claims of a token whose signature is good, and by which algorithm.
func (s *KeySet) signed(ctx context.Context, raw string, e Expect) (claims map[string]any, alg string, err error) {
	accepted := acceptedFrom(e.Algorithms)
	if e.Secret != "" {
		accepted = []string{"HS256"}
	}
	jws, err := parse(raw, accepted)
	if err != nil {
		return nil, "", err
	}
	var payload []byte
	var by key
	if e.Secret != "" {
		payload, err = verifySecret(jws, e.Secret)
	} else {
		payload, by, err = s.payload(ctx, jws)
	}
	if err != nil {
		return nil, "", err
	}
	claims, err = outbound.Object(payload)
	if err != nil {
		return nil, "", errors.New("claims: not a JSON object")
	}
	if by.issuer != "" && !Fits(by.issuer, text(claims["iss"])) {
		return nil, "", errors.New("iss: the key is another tenant's")
	}
	return claims, jws.Signatures[0].Protected.Algorithm, nil
}

// parse reads the compact form and judges the header, before any cryptography.
func parse(raw string, accepted []string) (*jose.JSONWebSignature, error) {
	if len(raw) > maxToken {
		return nil, fmt.Errorf("format: longer than %d bytes", maxToken)
	}
	parts := strings.SplitN(raw, ".", 4) // golang-jwt CVE-2025-30204: not one string for each dot of a hostile token
	if len(parts) != 3 || !canonical(parts) {
		return nil, errors.New("format: not a signed JWT")
	}
	plain, _ := base64.RawURLEncoding.DecodeString(parts[0])
	header, err := outbound.Object(plain)
	if err != nil {
		return nil, errors.New("format: header is not a JSON object")
	}
	alg := text(header["alg"])
	if !slices.Contains(accepted, alg) {
		return nil, fmt.Errorf("alg: %s is not accepted", printable(alg))
	}
	// A key that comes with the signature proves nothing (RFC 8725, Section 3.10); the other three
	// change how the token is to be read (RFC 7515, Section 4.1.11; RFC 7797, Section 7; RFC 7516,
	// Section 4.1.3) and have no place in an ID token.
	for _, name := range []string{"jwk", "crit", "b64", "zip"} {
		if _, ok := header[name]; ok {
			return nil, fmt.Errorf("header: %s is not accepted", name)
		}
	}
	if typ := strings.ToLower(text(header["typ"])); strings.HasSuffix(typ, "+jwt") {
		return nil, errors.New("typ: a token of another kind") // RFC 8725, Section 3.11; such as at+jwt and logout+jwt
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		return nil, errors.New("format: malformed header") // the library's error quotes it
	}
	return jws, nil
}

// canonical reports whether every part is base64url in its one proper spelling. The library also
// takes line breaks and stray bits, so that several texts would be the same token.
func canonical(parts []string) bool {
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || part == "" ||
			strings.ContainsAny(part, "\r\n") {
			return false
		}
	}
	return true
}

// printable returns an algorithm's name if it is a common one: a token may hold anything there.
func printable(alg string) string {
	switch alg {
	case "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
		"ES512", "EdDSA":
		return alg
	}
	return "this algorithm"
}

// check compares the claims of a token whose signature is good.
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
	if sub := text(claims["sub"]); sub == "" || len(sub) > 255 { // Section 2
		return errors.New("sub: not a text of 1 to 255 characters")
	}
	if !e.SkipNonce && subtle.ConstantTimeCompare([]byte(text(claims["nonce"])), []byte(e.Nonce)) != 1 {
		return errors.New("nonce: not the one sent")
	}
	return nil
}

func (e Expect) checkIssuer(claims map[string]any) error {
	issuer, err := issuerOf(e.Issuer, claims)
	switch {
	case err != nil:
		return fmt.Errorf("iss: %w", err)
	case claims["iss"] != issuer:
		return errors.New("iss: not the issuer asked")
	case len(e.AllowedIssuers) > 0 && !slices.Contains(e.AllowedIssuers, issuer):
		return errors.New("iss: a tenant that is not allowed")
	}
	return nil
}

// checkUserinfo judges the times only where they are told; they are no duty here.
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
	ours, others := false, false
	list, ok := claims["aud"].([]any)
	if !ok {
		list = []any{claims["aud"]}
	}
	for _, aud := range list {
		if aud == e.ClientID {
			ours = true
		} else {
			others = true
		}
	}
	if !ours {
		return errors.New("aud: not for this client")
	}
	azp, has := claims["azp"]
	if others && !has {
		return errors.New("azp: missing, for several audiences")
	}
	if has && azp != e.ClientID {
		return errors.New("azp: issued to another client")
	}
	return nil
}

func (e Expect) checkTimes(claims map[string]any) error {
	now := float64(e.Now.UnixMilli()) / 1000
	exp, ok := seconds(claims["exp"])
	if !ok || now >= exp+leeway.Seconds() {
		return errors.New("exp: missing or past")
	}
	iat, ok := seconds(claims["iat"])
	if !ok || iat > now+leeway.Seconds() {
		return errors.New("iat: missing or in the future")
	}
	if _, has := claims["nbf"]; !has {
		return nil
	}
	nbf, ok := seconds(claims["nbf"])
	if !ok || nbf > now+leeway.Seconds() {
		return errors.New("nbf: not yet valid")
	}
	return nil
}

func seconds(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// checkHash binds the access token to the ID token, where both are there (OpenID Connect Core 1.0,
// Section 3.1.3.8).
func (e Expect) checkHash(claims map[string]any, alg string) error {
	hash, has := claims["at_hash"]
	if !has || e.AccessToken == "" {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(text(hash)), []byte(leftHalf(e.AccessToken, alg))) != 1 {
		return errors.New("at_hash: not of the access token")
	}
	return nil
}

func leftHalf(value, alg string) string {
	var sum []byte
	switch alg {
	case "RS384", "PS384", "ES384":
		s := sha512.Sum384([]byte(value))
		sum = s[:]
	case "RS512", "PS512", "ES512", "EdDSA":
		s := sha512.Sum512([]byte(value))
		sum = s[:]
	default:
		s := sha256.Sum256([]byte(value))
		sum = s[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
