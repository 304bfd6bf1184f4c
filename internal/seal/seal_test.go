package seal_test

import (
	"crypto"
	"crypto/aes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/go-jose/go-jose/v4"
	josecipher "github.com/go-jose/go-jose/v4/cipher"
)

const (
	secret = "a secret of more than thirty-two bytes"
	salt   = "authjs.session-token"
)

var now = time.Unix(1_800_000_000, 999)

var randomUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func unbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustSeal(t testing.TB, s *seal.Sealer, salt string, claims map[string]any) string {
	t.Helper()
	token, err := s.Seal(salt, claims, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wantInvalid(t *testing.T, s *seal.Sealer, salt, token string) {
	t.Helper()
	if claims, err := s.Open(salt, token, now); !errors.Is(err, seal.ErrInvalid) || claims != nil {
		t.Errorf("got %v, %v, want ErrInvalid", claims, err)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, scheme := range []seal.Scheme{seal.SchemeV5, seal.SchemeV4} {
		sealer := seal.New([]string{secret}, scheme)
		claims := map[string]any{
			"name": "Ada <&> ů🐎", "email": nil, "n": json.Number("9007199254740993"), "f": 1.5,
			"list": []any{"a", true}, "map": map[string]any{"x": ""},
			"exp": "the caller's own", "iat": 1, "jti": 2,
		}
		before := maps.Clone(claims)
		got, err := sealer.Open(salt, mustSeal(t, sealer, salt, claims), now)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(claims, before) {
			t.Errorf("Seal changed the caller's map to %v", claims)
		}
		if jti, _ := got["jti"].(string); !randomUUID.MatchString(jti) {
			t.Errorf("jti %q is not a random UUID", jti)
		}
		want := maps.Clone(claims)
		want["f"], want["jti"] = json.Number("1.5"), got["jti"]
		want["iat"], want["exp"] = json.Number("1800000000"), json.Number("1800003600")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	a, b := mustSeal(t, sealer, salt, nil), mustSeal(t, sealer, salt, nil)
	first, _ := sealer.Open(salt, a, now)
	second, _ := sealer.Open(salt, b, now)
	if a == b || first["jti"] == second["jti"] || strings.Split(a, ".")[2] == strings.Split(b, ".")[2] {
		t.Error("two tokens have the same id or the same IV")
	}
}

func TestTimesOf64Bits(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	later := time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC)
	token, err := sealer.Seal(salt, nil, later, 90*time.Second+999*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := sealer.Open(salt, token, later)
	if err != nil || claims["exp"] != json.Number(strconv.FormatInt(later.Unix()+90, 10)) {
		t.Errorf("got %v, %v", claims, err)
	}
}

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	for _, scheme := range []seal.Scheme{seal.SchemeV5, seal.SchemeV4} {
		older := seal.New([]string{"old secret"}, scheme)
		both := seal.New([]string{"new secret", "old secret"}, scheme)
		newer := seal.New([]string{"new secret"}, scheme)

		if _, err := both.Open(salt, mustSeal(t, older, salt, nil), now); err != nil {
			t.Errorf("scheme %d: the old secret's token: %v", scheme, err)
		}
		if _, err := newer.Open(salt, mustSeal(t, both, salt, nil), now); err != nil {
			t.Errorf("scheme %d: the first secret does not seal: %v", scheme, err)
		}
		wantInvalid(t, newer, salt, mustSeal(t, older, salt, nil))
		wantInvalid(t, older, salt, mustSeal(t, both, salt, nil))
	}
}

func TestCallersSecretsAreCopied(t *testing.T) {
	t.Parallel()
	secrets := []string{secret}
	sealer := seal.New(secrets, seal.SchemeV5)
	secrets[0] = "changed"
	if _, err := seal.New([]string{secret}, seal.SchemeV5).Open(salt, mustSeal(t, sealer, salt, nil), now); err != nil {
		t.Error(err)
	}
}

// justinas/nosurf CVE-2020-36564: a server without a secret accepts no token.
func TestMissingSecretFailsClosed(t *testing.T) {
	t.Parallel()
	token := mustSeal(t, seal.New([]string{secret}, seal.SchemeV5), salt, nil)
	for _, secrets := range [][]string{nil, {}, {""}, {secret, ""}} {
		sealer := seal.New(secrets, seal.SchemeV5)
		if token, err := sealer.Seal(salt, nil, now, time.Hour); err == nil || token != "" {
			t.Errorf("%d secrets: sealed without an error", len(secrets))
		}
		wantInvalid(t, sealer, salt, token)
	}
}

// NextAuth CVE-2023-48309: the token of one cookie is not valid in another.
func TestSaltsDoNotCross(t *testing.T) {
	t.Parallel()
	for _, scheme := range []seal.Scheme{seal.SchemeV5, seal.SchemeV4} {
		sealer := seal.New([]string{secret}, scheme)
		salts := []string{
			"", salt, "__Secure-" + salt, "authjs.state", "authjs.pkce.code_verifier", "authjs.nonce", "encodedState",
		}
		for _, from := range salts {
			token := mustSeal(t, sealer, from, nil)
			for _, to := range salts {
				if from != to {
					wantInvalid(t, sealer, to, token)
				}
			}
		}
	}
	token := mustSeal(t, seal.New([]string{secret}, seal.SchemeV5), salt, nil)
	wantInvalid(t, seal.New([]string{secret}, seal.SchemeV4), salt, token)
}

func TestSessionSalt(t *testing.T) {
	t.Parallel()
	if got := seal.SchemeV5.SessionSalt("__Secure-a"); got != "__Secure-a" {
		t.Errorf("v5: got %q", got)
	}
	if got := seal.SchemeV4.SessionSalt("__Secure-a"); got != "" {
		t.Errorf("v4: got %q", got)
	}
}

// Pomerium CVE-2021-29652 and Zitadel CVE-2026-27840: a token of which one byte was changed is not
// valid.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, scheme := range []seal.Scheme{seal.SchemeV5, seal.SchemeV4} {
		sealer := seal.New([]string{secret}, scheme)
		token := mustSeal(t, sealer, salt, map[string]any{"sub": "1"})
		for i := range len(token) {
			next := alphabet[(strings.IndexByte(alphabet, token[i])+1)%len(alphabet)]
			for _, c := range []byte{next, token[i] ^ 1, token[i] ^ 0x20, token[i] | 0x80, '.', '\n', 0, '='} {
				if c != token[i] {
					wantInvalid(t, sealer, salt, token[:i]+string([]byte{c})+token[i+1:])
				}
			}
			wantInvalid(t, sealer, salt, token[:i])
			wantInvalid(t, sealer, salt, token[:i]+token[i+1:])
			wantInvalid(t, sealer, salt, token[:i]+"\n"+token[i:])
			wantInvalid(t, sealer, salt, token[:i]+"="+token[i:])
		}
		for _, suffix := range []string{"A", "=", "==", ".", "\n", "\r", " ", "\x00", ".A"} {
			wantInvalid(t, sealer, salt, token+suffix)
		}
	}
}

// forger encrypts tokens that the Sealer would not make, with the Sealer's key.
type forger struct{ key []byte }

func forgerOf(t *testing.T, secret, info string, size int) forger {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(salt), info, size)
	if err != nil {
		t.Fatal(err)
	}
	return forger{key}
}

const (
	infoV5 = "Auth.js Generated Encryption Key (" + salt + ")"
	infoV4 = "NextAuth.js Generated Encryption Key (" + salt + ")"
)

func (f forger) seal(t *testing.T, text string, members map[jose.HeaderKey]any) string {
	t.Helper()
	enc := jose.A256CBC_HS512
	if len(f.key) == 32 {
		enc = jose.A256GCM
	}
	return f.sealAs(t, enc, &jose.EncrypterOptions{ExtraHeaders: members}, text)
}

func (f forger) sealAs(t *testing.T, enc jose.ContentEncryption, options *jose.EncrypterOptions, text string) string {
	t.Helper()
	encrypter, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: jose.DIRECT, Key: f.key}, options)
	if err != nil {
		t.Fatal(err)
	}
	jwe, err := encrypter.Encrypt([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwe.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// sealUnder encrypts with A256CBC-HS512 and exactly this header.
func (f forger) sealUnder(t *testing.T, header, text string) string {
	t.Helper()
	aead, err := josecipher.NewCBCHMAC(f.key, aes.NewCipher)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	protected, iv := b64([]byte(header)), make([]byte, aead.NonceSize())
	sealed := aead.Seal(nil, iv, []byte(text), []byte(protected))
	end := len(sealed) - 32
	return protected + ".." + b64(iv) + "." + b64(sealed[:end]) + "." + b64(sealed[end:])
}

func (f forger) thumbprint(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(f.key)})
	if err != nil {
		t.Fatal(err)
	}
	hash := crypto.SHA512.New()
	if len(f.key) == 32 {
		hash = crypto.SHA256.New()
	}
	hash.Write(text)
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil))
}

// go-jose CVE-2024-28180 and GHSA-2c7c, jwx GHSA-rm8v and CVE-2024-28122: the tokens are
// refused although they were encrypted with the right key.
func TestHeadersThatAreRefused(t *testing.T) {
	t.Parallel()
	v5 := seal.New([]string{secret}, seal.SchemeV5)
	f := forgerOf(t, secret, infoV5, 64)
	kid := f.thumbprint(t)

	accepted := []map[jose.HeaderKey]any{nil, {"kid": kid}}
	for _, members := range accepted {
		if _, err := v5.Open(salt, f.seal(t, "{}", members), now); err != nil {
			t.Errorf("%v: %v", members, err)
		}
	}

	refused := []map[jose.HeaderKey]any{
		{"kid": ""}, {"kid": nil}, {"kid": kid[1:]}, {"kid": kid + "A"}, {"kid": []string{kid}}, {"kid": 1},
		{"alg": "A256GCMKW"}, {"alg": "none"}, {"alg": "RSA1_5"}, {"alg": "DIR"}, {"alg": ""}, {"alg": nil},
		{"alg": []string{"dir"}},
		{"enc": "A128CBC-HS256"}, {"enc": "A256GCM"}, {"enc": "a256cbc-hs512"}, {"enc": ""}, {"enc": nil},
		{"zip": "DEF"}, {"zip": ""}, {"p2c": 1}, {"p2s": "AAAA"}, {"crit": []string{"exp"}}, {"crit": []string{}},
		{"b64": true},
		{"jwk": map[string]string{"kty": "oct", "k": "AAAA"}}, {"jku": "https://evil.example"},
		{"x5u": "https://evil.example"}, {"x5c": []string{"AAAA"}},
		{"epk": map[string]string{}}, {"typ": "JWT"}, {"cty": "JWT"}, {"Alg": "dir"}, {"ENC": "A256CBC-HS512"},
		{"KID": kid}, {"": ""}, {"x": "y"},
	}
	for _, members := range refused {
		if claims, err := v5.Open(salt, f.seal(t, "{}", members), now); !errors.Is(err, seal.ErrInvalid) ||
			claims != nil {
			t.Errorf("%v: got %v, %v, want ErrInvalid", members, claims, err)
		}
	}

	zipped := f.sealAs(t, jose.A256CBC_HS512, &jose.EncrypterOptions{Compression: jose.DEFLATE},
		`{"a":"`+strings.Repeat("a", 100_000)+`"}`)
	wantInvalid(t, v5, salt, zipped)

	v4 := seal.New([]string{secret}, seal.SchemeV4)
	old := forgerOf(t, secret, infoV4, 32)
	if _, err := v4.Open(salt, old.seal(t, "{}", nil), now); err != nil {
		t.Errorf("v4: %v", err)
	}
	wantInvalid(t, v4, salt, old.seal(t, "{}", map[jose.HeaderKey]any{"kid": old.thumbprint(t)}))
	wantInvalid(t, v4, salt, old.sealAs(t, jose.A128CBC_HS256, nil, "{}"))
}

func TestHeadersThatAreNotAnObject(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	f := forgerOf(t, secret, infoV5, 64)
	for _, text := range []string{
		"", "null", "[]", `"dir"`, "1", "{}", "{", `{"alg":"dir"}`, `{"enc":"A256CBC-HS512"}`,
		`{"alg":"dir","enc":"A256CBC-HS512"`, "\xff",
		`{"alg":"dir","enc":"A256CBC-HS512"}{}`, `{"alg":"dir","enc":"A256CBC-HS512","crit":null}`,
		strings.Repeat(`{"alg":`, 100),
		`{"alg":"dir","enc":"A256CBC-HS512"` + strings.Repeat(" ", 1000) + "}",
	} {
		wantInvalid(t, sealer, salt, f.sealUnder(t, text, "{}"))
	}
}

// A header that is written in another way than here is accepted, as Node accepts it.
func TestHeaderWrittenInAnotherWay(t *testing.T) {
	t.Parallel()
	f := forgerOf(t, secret, infoV5, 64)
	kid := f.thumbprint(t)
	sealer := seal.New([]string{"other", secret}, seal.SchemeV5)
	for _, text := range []string{
		`{"kid":"` + kid + `","enc":"A256CBC-HS512","alg":"dir"}`,
		"{ \"alg\" : \"dir\",\n\"enc\":\"A256CBC-\\u0048S512\", \"kid\":\"" + kid + "\" }",
	} {
		token := f.sealUnder(t, text, `{"sub":"1"}`)
		if claims, err := sealer.Open(salt, token, now); err != nil || claims["sub"] != "1" {
			t.Errorf("%s: got %v, %v", text, claims, err)
		}
	}
}

func TestWithoutKidOnlyTheFirstSecretIsTried(t *testing.T) {
	t.Parallel()
	for _, size := range []int{64, 32} {
		token := forgerOf(t, secret, infoV5, size).seal(t, "{}", nil)
		if _, err := seal.New([]string{secret, "other"}, seal.SchemeV5).Open(salt, token, now); err != nil {
			t.Errorf("%d-byte key of the first secret: %v", size, err)
		}
		wantInvalid(t, seal.New([]string{"other", secret}, seal.SchemeV5), salt, token)
	}
}

func TestKidOfTheBetasNamesTheShortKey(t *testing.T) {
	t.Parallel()
	f := forgerOf(t, secret, infoV5, 32)
	token := f.seal(t, "{}", map[jose.HeaderKey]any{"kid": f.thumbprint(t)})
	if _, err := seal.New([]string{"other", secret}, seal.SchemeV5).Open(salt, token, now); err != nil {
		t.Error(err)
	}
	long := forgerOf(t, secret, infoV5, 64).thumbprint(t)
	withLongKid := f.seal(t, "{}", map[jose.HeaderKey]any{"kid": long})
	wantInvalid(t, seal.New([]string{secret}, seal.SchemeV5), salt, withLongKid)
}

// jwx CVE-2024-21664 and similar ones: tokens of the wrong shape.
func TestTokensOfTheWrongShape(t *testing.T) {
	t.Parallel()
	for _, scheme := range []seal.Scheme{seal.SchemeV5, seal.SchemeV4} {
		sealer := seal.New([]string{secret}, scheme)
		token := mustSeal(t, sealer, salt, nil)
		part := strings.Split(token, ".")
		join := func(parts ...string) string { return strings.Join(parts, ".") }
		for _, token := range []string{
			"", ".", "....", ".....", "..", "...", "a..b.c", "null", "{}", " " + token, `"` + token + `"`,
			join(part[0], "AAAA", part[2], part[3], part[4]),
			join(part[0], "=", part[2], part[3], part[4]),
			join(part[0], part[2], part[3], part[4]),
			join(part[0], "", "", part[3], part[4]),
			join(part[0], "", part[2][:8], part[3], part[4]),
			join(part[0], "", part[2]+"AAAA", part[3], part[4]),
			join(part[0], "", part[2], "", part[4]),
			join(part[0], "", part[2], part[3][:4], part[4]),
			join(part[0], "", part[2], part[3], ""),
			join(part[0], "", part[2], part[3], part[4][:16]),
			join(part[0], "", part[2], part[3]+part[4], ""),
			join(part[0], "", part[2], part[3], part[4], ""),
			join(part[0], "", part[2], part[3], part[4]+"AAAA"),
		} {
			wantInvalid(t, sealer, salt, token)
		}
	}
}

// golang-jwt CVE-2024-51744: an error comes without claims.
func TestClaimsThatAreRefused(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	f := forgerOf(t, secret, infoV5, 64)
	for _, text := range []string{
		"", " ", "null", "true", "1", `"a"`, "[]", `[{"sub":"1"}]`, "{", `{"sub":"1"`, "{}{}", "{} x", "{}]",
		`{"sub":}`, "\xff",
		`{"exp":"1900000000"}`, `{"exp":null}`, `{"exp":true}`, `{"exp":[]}`, `{"exp":1e999}`, `{"nbf":"1"}`,
		`{"nbf":null}`, `{"iat":"1"}`, `{"iat":null}`,
		strings.Repeat(`{"a":`, 5000),
	} {
		if claims, err := sealer.Open(salt, f.seal(t, text, nil), now); !errors.Is(err, seal.ErrInvalid) ||
			claims != nil {
			t.Errorf("%.40q: got %v, %v, want ErrInvalid", text, claims, err)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       error
	}{
		{"none", `{}`, nil},
		{"ends now", `{"exp":1800000000}`, nil},
		{"ended 14 seconds ago", `{"exp":1799999986}`, nil},
		{"ended 14.5 seconds ago", `{"exp":1799999985.5}`, nil},
		{"ended 15 seconds ago", `{"exp":1799999985}`, seal.ErrExpired},
		{"ended in 1970", `{"exp":0}`, seal.ErrExpired},
		{"ended before 1970", `{"exp":-1e300}`, seal.ErrExpired},
		{"ends in ages", `{"exp":1e300}`, nil},
		{"begins in 15 seconds", `{"nbf":1800000015}`, nil},
		{"begins in 15.5 seconds", `{"nbf":1800000015.5}`, seal.ErrInvalid},
		{"begins in 16 seconds", `{"nbf":1800000016}`, seal.ErrInvalid},
		{"began", `{"nbf":1}`, nil},
		{"made in the future", `{"iat":1900000000}`, nil},
	}
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	f := forgerOf(t, secret, infoV5, 64)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			claims, err := sealer.Open(salt, f.seal(t, tt.text, nil), now)
			if !errors.Is(err, tt.want) || (claims == nil) != (err != nil) {
				t.Errorf("got %v, %v, want %v", claims, err, tt.want)
			}
		})
	}
}

func TestClaimsThatCannotBeSealed(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	for name, claims := range map[string]map[string]any{
		"not JSON":                    {"a": make(chan int)},
		"not a number":                {"a": math.NaN()},
		"65536 bytes":                 {"a": strings.Repeat("a", seal.MaxLength)},
		"too long once it is encoded": {"a": strings.Repeat("a", seal.MaxLength*3/4)},
	} {
		if token, err := sealer.Seal(salt, claims, now, time.Hour); err == nil || token != "" {
			t.Errorf("%s: got a token of %d bytes, %v, want an error", name, len(token), err)
		}
	}
	token := mustSeal(t, sealer, salt, map[string]any{"a": strings.Repeat("a", 48_000)})
	if _, err := sealer.Open(salt, token, now); err != nil {
		t.Errorf("a token of %d bytes: %v", len(token), err)
	}
}

// go-jose CVE-2025-27144 and CVE-2026-34986: a hostile token causes little work. The test is
// not parallel, because it counts allocations and measures time.
func TestHostileTokensCostLittle(t *testing.T) {
	sealer := seal.New([]string{secret, "second", "third"}, seal.SchemeV5)
	token := mustSeal(t, sealer, salt, nil)
	header, _, _ := strings.Cut(token, ".")
	long := strings.Repeat("A", seal.MaxLength)
	for name, hostile := range map[string]string{
		"too long":            header + ".." + long,
		"a megabyte of dots":  strings.Repeat(".", 1<<20),
		"many dots":           strings.Repeat(".", seal.MaxLength),
		"long header":         long[:seal.MaxLength-10] + "..A.A.A",
		"a megabyte":          strings.Repeat(token, 1<<20/len(token)),
		"encrypted key":       header + "." + long[:60_000] + ".AAAA.AAAA.AAAA",
		"long IV":             header + ".." + long[:60_000] + ".AAAA.AAAA",
		"long ciphertext":     header + "..AAAAAAAAAAAAAAAAAAAAAA." + long[:60_000] + "." + long[:43],
		"long tag":            header + "..AAAAAAAAAAAAAAAAAAAAAA.AAAA." + long[:60_000],
		"deep header of 1 kB": base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("[", 700))) + "..A.A.A",
	} {
		wantInvalid(t, sealer, salt, hostile)
		allocs := testing.AllocsPerRun(5, func() { _, _ = sealer.Open(salt, hostile, now) })
		if allocs > 30 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, _ = sealer.Open(salt, hostile, now)
			best = min(best, time.Since(start))
		}
		if best > 10*time.Millisecond {
			t.Errorf("%s: took %v", name, best)
		}
	}
}

func TestGenuineTokenThatIsTooLong(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	f := forgerOf(t, secret, infoV5, 64)
	long := f.seal(t, `{"a":"`+strings.Repeat("a", 49_050)+`"}`, nil)
	if len(long) <= seal.MaxLength || len(long) > seal.MaxLength+100 {
		t.Fatalf("the token has %d bytes", len(long))
	}
	wantInvalid(t, sealer, salt, long)
}

// Cookies have little space, so the ampersands of URLs are not escaped.
func TestClaimsAreNotEscapedForHTML(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	plain := mustSeal(t, sealer, salt, map[string]any{"picture": strings.Repeat("x", 300)})
	if got := mustSeal(t, sealer, salt, map[string]any{"picture": strings.Repeat("<&>", 100)}); len(got) != len(plain) {
		t.Errorf("got %d bytes, want %d", len(got), len(plain))
	}
}

// Tinyauth CVE-2026-33544: run with -race. There are more salts than the cache keeps.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	var all sync.WaitGroup
	for n := range 200 {
		all.Go(func() {
			salt, sub := "salt "+strconv.Itoa(n%100), strconv.Itoa(n)
			claims, err := sealer.Open(salt, mustSeal(t, sealer, salt, map[string]any{"sub": sub}), now)
			if err != nil || claims["sub"] != sub {
				t.Errorf("got %v, %v, want sub %s", claims, err, sub)
			}
		})
	}
	all.Wait()
}

// FuzzOpen changes tokens of Node.
func FuzzOpen(f *testing.F) {
	file := readVectors(f)
	sealer := seal.New([]string{secret, file.Vectors[0].Inputs.Secret}, seal.SchemeV5)
	older := seal.New([]string{secret, file.Vectors[0].Inputs.Secret}, seal.SchemeV4)
	genuine := map[string]bool{} // the same in all processes of the fuzzer, so none that is made here
	for _, v := range append(file.Vectors, file.Extra...) {
		genuine[v.Token] = true
	}
	for _, v := range file.Negative {
		genuine[v.Token] = true
	}
	for token := range genuine {
		f.Add(salt, token)
		f.Add("", token)
	}
	f.Fuzz(func(t *testing.T, salt, token string) {
		for _, sealer := range []*seal.Sealer{sealer, older} {
			claims, err := sealer.Open(salt, token, now)
			switch {
			case err == nil && (claims == nil || !genuine[token]):
				t.Fatalf("opened %q", token)
			case err != nil && claims != nil:
				t.Fatalf("claims and an error: %v", err)
			case err != nil && err != seal.ErrInvalid && err != seal.ErrExpired:
				t.Fatalf("another error: %v", err)
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	for name, scheme := range map[string]seal.Scheme{"v5": seal.SchemeV5, "v4": seal.SchemeV4} {
		b.Run(name, func(b *testing.B) {
			sealer := seal.New([]string{secret}, scheme)
			claims := map[string]any{
				"name": "Ada Lovelace", "email": "ada@example.com", "picture": "https://example.com/a.png",
				"sub": "user-1",
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sealer.Seal(salt, claims, now, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, scheme := range map[string]seal.Scheme{"v5": seal.SchemeV5, "v4": seal.SchemeV4} {
		b.Run(name, func(b *testing.B) {
			sealer := seal.New([]string{secret}, scheme)
			claims := map[string]any{
				"name": "Ada Lovelace", "email": "ada@example.com", "picture": "https://example.com/a.png",
				"sub": "user-1",
			}
			token := mustSeal(b, sealer, salt, claims)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sealer.Open(salt, token, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
