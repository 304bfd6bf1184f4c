package passwordhash_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/passwordhash"
	"golang.org/x/crypto/argon2"
)

// cheap are parameters with which tests are fast.
var cheap = passwordhash.Argon2id{Memory: 7168, Time: 1}

func newHasher(t testing.TB, o passwordhash.Options) *passwordhash.Hasher {
	t.Helper()
	h, err := passwordhash.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{})
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=12288,t=3,p=1$") || len(hash) >= 128 {
		t.Fatalf("got %q, %v", hash, err)
	}
	if again, err := h.Hash(t.Context(), "correct horse"); err != nil || again == hash {
		t.Errorf("the second hash is %q, %v", again, err)
	}
	for password, want := range map[string]bool{
		"correct horse": true, "correct horse ": false, "Correct horse": false, "": false, hash: false,
	} {
		if got, err := h.Verify(t.Context(), hash, password); got != want || err != nil {
			t.Errorf("%q: got %v, %v", password, got, err)
		}
	}
	if h.Stale(hash) {
		t.Error("a new hash is stale")
	}
	if err := h.Check(hash); err != nil {
		t.Error(err)
	}
}

// A user without a password has none that somebody could type: not "", and not the text that other
// languages print for nothing (GO-2026-5557).
func TestWithoutHashNothingMatches(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap, Import: imports(vectors(t))})
	for _, password := range []string{"", "null", "undefined", "nil", "0", "!"} {
		if ok, err := h.Verify(t.Context(), "", password); ok || err != nil {
			t.Errorf("no hash, %q: got %v, %v", password, ok, err)
		}
		for _, hash := range []string{"!", password} {
			ok, err := h.Verify(t.Context(), hash, password)
			if ok || hash != "" && !errors.Is(err, passwordhash.ErrHash) {
				t.Errorf("hash %q, %q: got %v, %v", hash, password, ok, err)
			}
		}
	}
	if err := h.Check(""); !errors.Is(err, passwordhash.ErrHash) {
		t.Errorf("got %v", err)
	}
}

// RFC 8265 § 4.2.2: the same password is typed as other characters on other keyboards.
func TestPasswordsAreNormalized(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap})
	for _, tt := range []struct {
		stored, typed string
		want          bool
	}{
		{"Zoë", "Zoe\u0308", true},
		{"Zoe\u0308", "Zoë", true},
		{"a b", "a\u00a0b", true},
		{"a\u3000b", "a b", true},
		{"Zoë", "Zoe", false},
		{"K", "\u212a", true}, // the Kelvin sign has the normal form K
		{"k", "K", false},
		{"fi", "\ufb01", false}, // form C keeps the ligature
		{"a b", "a  b", false},
	} {
		hash, err := h.Hash(t.Context(), tt.stored)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := h.Verify(t.Context(), hash, tt.typed); got != tt.want || err != nil {
			t.Errorf("stored %+q, typed %+q: got %v, %v", tt.stored, tt.typed, got, err)
		}
	}
}

func TestPasswordsThatAreNeverHashed(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap})
	stored, err := h.Hash(t.Context(), strings.Repeat("ä", passwordhash.MaxBytes/2))
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{
		strings.Repeat("a", passwordhash.MaxBytes+1), strings.Repeat("a", 1<<20), "a\x00b", "\xff",
		strings.Repeat("\U0001d160", 500), // its normal form has three times as many bytes
	} {
		if hash, err := h.Hash(t.Context(), password); hash != "" || !errors.Is(err, passwordhash.ErrPassword) {
			t.Errorf("%.10q: got %q, %v", password, hash, err)
		}
		if hash, err := h.TryHash(password); hash != "" || !errors.Is(err, passwordhash.ErrPassword) {
			t.Errorf("%.10q: got %q, %v of TryHash", password, hash, err)
		}
		for _, hash := range []string{stored, "", "nonsense"} {
			ok, err := h.Verify(t.Context(), hash, password)
			if ok || !errors.Is(err, passwordhash.ErrPassword) {
				t.Errorf("%.10q: got %v, %v", password, ok, err)
			}
		}
	}
}

// Nothing is not a password: a program whose variable is not set would open the account to
// everybody, also one that stored the hash of it before.
func TestEmptyPassword(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap})
	if hash, err := h.Hash(t.Context(), ""); hash != "" || !errors.Is(err, passwordhash.ErrPassword) {
		t.Errorf("Hash: got %q, %v", hash, err)
	}
	if hash, err := h.TryHash(""); hash != "" || !errors.Is(err, passwordhash.ErrPassword) {
		t.Errorf("TryHash: got %q, %v", hash, err)
	}
	salt := make([]byte, 16)
	key := argon2.IDKey(nil, salt, 1, 7168, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	stored := "$argon2id$v=19$m=7168,t=1,p=1$" + encode(salt) + "$" + encode(key)
	if ok, err := h.Verify(t.Context(), stored, ""); ok || err != nil {
		t.Errorf("Verify: got %v, %v", ok, err)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap})
	const salt, key = "$v=19$m=7168,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for hash, want := range map[string]bool{
		"$argon2id" + salt + key: false,
		"$argon2i" + salt + key:  true,
		"$argon2id$v=19$m=7169,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + key:  true,
		"$argon2id$v=19$m=7168,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + key:  true,
		"$argon2id$v=19$m=7168,t=1,p=2$AAAAAAAAAAAAAAAAAAAAAA$" + key:  true,
		"$argon2id$v=19$m=7168,t=1,p=1$AAAAAAAAAAA$" + key:             true,
		"$argon2id" + salt + "AAAAAAAAAAAAAAAAAAAAAA":                  true,
		"$2b$05$mNUFyN2SR7i5wgVl1Ld0Pu7fRVzrefIeSB4BnwrSESdvVeSEqnMfK": true,
		"nonsense": true,
	} {
		if got := h.Stale(hash); got != want {
			t.Errorf("%s: got %v", hash, got)
		}
	}
}

func TestNewNamesTheFault(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]passwordhash.Options{
		"Argon2id: want Memory of at least 7168": {Argon2id: passwordhash.Argon2id{Memory: 1024}},
		"Argon2id: want at most 262144 KiB":      {Argon2id: passwordhash.Argon2id{Memory: 262145}},
		"10 passes":                              {Argon2id: passwordhash.Argon2id{Time: 11}},
		"8 threads":                              {Argon2id: passwordhash.Argon2id{Threads: 9}},
		"Parallel: want 0 or more":               {Parallel: -1},
		"Import[1]: is nil":                      {Import: []passwordhash.Verifier{passwordhash.Bcrypt{}, nil}},
		"Import[0]: want MemoryCost":             {Import: []passwordhash.Verifier{passwordhash.Firebase{}}},
		"SignerKey": {Import: []passwordhash.Verifier{
			passwordhash.Firebase{MemoryCost: 14, Rounds: 8, SignerKey: "secret in plain text"},
		}},
	} {
		h, err := passwordhash.New(o)
		if h != nil || err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "plain text") {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	firebase := passwordhash.Firebase{SignerKey: "the-signer-key"}
	text := fmt.Sprintf("%v %+v %#v %v", firebase, firebase, firebase, firebase.LogValue())
	if strings.Contains(text, "the-signer") {
		t.Errorf("printed as %s", text)
	}
}
