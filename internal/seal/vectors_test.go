package seal_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/go-jose/go-jose/v4"
)

// vectors has tokens that were made by next-auth 4.24.15 and @auth/core 0.41.3, which also read
// them. Extra has one that the npm package jose made as the betas of Auth.js did. Negative has
// tokens that the two packages refuse.
type vectors struct {
	GeneratedAt time.Time
	Vectors     []vector
	Extra       []vector
	Negative    []negative
}

type vector struct {
	ID, Kind, Token string
	Inputs          struct {
		Secret, Salt         string
		DecodeSecrets        []string
		OuterSalt, InnerSalt string
	}
	Expected struct {
		ProtectedHeader          map[string]string
		DerivedKeyHex            string
		OuterKeyHex, InnerKeyHex string
		Claims                   map[string]any
		OuterClaims, InnerClaims map[string]any
	}
}

type negative struct{ ID, Token, Secret, Salt, Decoder, Result string }

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("../../testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v vectors
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// schemeOf returns the scheme with which the ID of a vector begins.
func schemeOf(id string) seal.Scheme {
	if strings.HasPrefix(id, "v4") {
		return seal.SchemeV4
	}
	return seal.SchemeV5
}

func TestTokensOfNode(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	tested := 0
	for _, v := range append(file.Vectors, file.Extra...) {
		if v.Kind != "jwe-decode" {
			continue
		}
		tested++
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			secrets := v.Inputs.DecodeSecrets
			if secrets == nil {
				secrets = []string{v.Inputs.Secret}
			}
			got, err := seal.New(secrets, schemeOf(v.ID)).Open(v.Inputs.Salt, v.Token, file.GeneratedAt)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, v.Expected.Claims) {
				t.Errorf("got %v, want %v", got, v.Expected.Claims)
			}
		})
	}
	if tested != 6 {
		t.Errorf("%d tokens were tested, want 6", tested)
	}
}

// TestTokensForNode decrypts tokens with go-jose and the keys that the Node packages have derived.
func TestTokensForNode(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	for _, v := range file.Vectors {
		if v.Kind != "jwe-decode" {
			continue
		}
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			token, err := seal.New([]string{v.Inputs.Secret}, schemeOf(v.ID)).Seal(v.Inputs.Salt, v.Expected.Claims,
				file.GeneratedAt, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			header, claims := openWithJose(t, token, v.Expected.DerivedKeyHex)
			if !reflect.DeepEqual(header, v.Expected.ProtectedHeader) {
				t.Errorf("header: got %v, want %v", header, v.Expected.ProtectedHeader)
			}
			for name, want := range v.Expected.Claims {
				if name == "iat" || name == "exp" || name == "jti" {
					continue
				}
				if !reflect.DeepEqual(claims[name], want) {
					t.Errorf("%s: got %v, want %v", name, claims[name], want)
				}
			}
		})
	}
}

// openWithJose returns the protected header and the claims of a token.
func openWithJose(t *testing.T, token, keyHex string) (header map[string]string, claims map[string]any) {
	t.Helper()
	key, err := hex.DecodeString(keyHex)
	if err != nil {
		t.Fatal(err)
	}
	jwe, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.DIRECT},
		[]jose.ContentEncryption{jose.A256CBC_HS512, jose.A256GCM})
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwe.Decrypt(key)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(text, []byte("}")) {
		t.Errorf("the claims end with %q", text[len(text)-1])
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil {
		t.Fatal(err)
	}
	protected, _, _ := strings.Cut(token, ".")
	if err := json.Unmarshal(unbase64(t, protected), &header); err != nil {
		t.Fatal(err)
	}
	return header, claims
}

func TestNestedStateOfNode(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	tested := 0
	for _, v := range file.Vectors {
		if v.Kind != "jwe-nested" {
			continue
		}
		tested++
		sealer := seal.New([]string{v.Inputs.Secret}, seal.SchemeV5)
		outer, err := sealer.Open(v.Inputs.OuterSalt, v.Token, file.GeneratedAt)
		if err != nil || !reflect.DeepEqual(outer, v.Expected.OuterClaims) {
			t.Fatalf("outer: got %v, %v, want %v", outer, err, v.Expected.OuterClaims)
		}
		value, _ := outer["value"].(string)
		inner, err := sealer.Open(v.Inputs.InnerSalt, value, file.GeneratedAt)
		if err != nil || !reflect.DeepEqual(inner, v.Expected.InnerClaims) {
			t.Errorf("inner: got %v, %v, want %v", inner, err, v.Expected.InnerClaims)
		}
	}
	if tested != 1 {
		t.Errorf("%d tokens were tested, want 1", tested)
	}
}

func TestTokensThatNodeRefuses(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	if len(file.Negative) != 6 {
		t.Errorf("%d tokens are tested, want 6", len(file.Negative))
	}
	for _, v := range file.Negative {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			want := seal.ErrInvalid
			if v.Result == "ERR_JWT_EXPIRED" {
				want = seal.ErrExpired
			}
			claims, err := seal.New([]string{v.Secret}, schemeOf(v.Decoder)).Open(v.Salt, v.Token, file.GeneratedAt)
			if !errors.Is(err, want) || claims != nil {
				t.Errorf("got %v, %v, want %v", claims, err, want)
			}
		})
	}
}
