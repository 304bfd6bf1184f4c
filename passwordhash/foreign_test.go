package passwordhash_test

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/passwordhash"
	"golang.org/x/crypto/bcrypt"
)

// foreignHashes are hashes that other systems made: see testdata/hashes.mjs.
type foreignHashes struct {
	Firebase struct {
		SignerKey, SaltSeparator string
		Rounds, MemCost          int
	}
	Hashes []struct{ Source, Kind, Password, Salt, Hash string }
}

func vectors(t testing.TB) (v foreignHashes) {
	t.Helper()
	data, err := os.ReadFile("testdata/hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v foreignHashes) firebase() passwordhash.Firebase {
	return passwordhash.Firebase{
		SignerKey: v.Firebase.SignerKey, SaltSeparator: v.Firebase.SaltSeparator,
		Rounds: v.Firebase.Rounds, MemoryCost: v.Firebase.MemCost,
	}
}

// imports are all kinds of hashes.
func imports(v foreignHashes) []passwordhash.Verifier {
	return []passwordhash.Verifier{
		passwordhash.Argon2i{}, passwordhash.Bcrypt{}, passwordhash.BetterAuth{}, passwordhash.Django{}, v.firebase(),
	}
}

func TestHashesOfOtherSystems(t *testing.T) {
	t.Parallel()
	v := vectors(t)
	h := newHasher(t, passwordhash.Options{Argon2id: cheap, Import: imports(v)})
	onlyOwn := newHasher(t, passwordhash.Options{Argon2id: cheap})
	kinds := map[string]int{}
	for _, f := range v.Hashes {
		hash := f.Hash
		if f.Kind == "firebase" {
			hash = v.firebase().Hash(f.Salt, f.Hash)
		}
		kinds[f.Kind]++
		if err := h.Check(hash); err != nil {
			t.Errorf("%s: %v", f.Source, err)
		}
		want := f.Password != "" // nobody signs in with nothing
		if ok, err := h.Verify(t.Context(), hash, f.Password); ok != want || err != nil {
			t.Errorf("%s, %q: got %v, %v", f.Source, f.Password, ok, err)
		}
		if f.Password == "" {
			if ok, err := h.Verify(t.Context(), hash, "x"); ok || err != nil {
				t.Errorf("%s, another password: got %v, %v", f.Source, ok, err)
			}
		}
		if !h.Stale(hash) {
			t.Errorf("%s: not stale", f.Source)
		}
		if err := onlyOwn.Check(hash); (err == nil) != (f.Kind == "argon2id") {
			t.Errorf("%s, without Import: got %v", f.Source, err)
		}
	}
	for _, kind := range []string{"argon2id", "argon2i", "bcrypt", "better-auth", "django", "firebase"} {
		if kinds[kind] < 3 {
			t.Errorf("%d hashes of %s", kinds[kind], kind)
		}
	}
}

// Exports of Firebase have base64 in either alphabet, with padding or without.
func TestFirebaseBase64(t *testing.T) {
	t.Parallel()
	f := passwordhash.Firebase{}
	if got, want := f.Hash("a-_b+/c=", "-_=="), "$firebase-scrypt$a+/b+/c$+/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Bcrypt ignores what comes after 72 bytes.
func TestBcryptMatchesNoLongPassword(t *testing.T) {
	t.Parallel()
	h := newHasher(t, passwordhash.Options{Argon2id: cheap, Import: []passwordhash.Verifier{passwordhash.Bcrypt{}}})
	hash := longBcrypt(t)
	for n, want := range map[int]bool{71: false, 72: true, 73: false, 200: false} {
		if got, err := h.Verify(t.Context(), hash, strings.Repeat("a", n)); got != want || err != nil {
			t.Errorf("%d bytes: got %v, %v", n, got, err)
		}
	}
}

// Class 18: a row that somebody has written into the database must not stop the site: its hash is
// refused before it takes memory or time.
func TestHashesThatCostTooMuch(t *testing.T) {
	v := vectors(t)
	h := newHasher(t, passwordhash.Options{Argon2id: cheap, Import: imports(v)})
	const key = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	const bcryptEnd = "$mNUFyN2SR7i5wgVl1Ld0Pu7fRVzrefIeSB4BnwrSESdvVeSEqnMfK"
	hashes := []string{
		"$argon2id$v=19$m=262145,t=1,p=1" + key, "$argon2id$v=19$m=4194304,t=1,p=1" + key,
		"$argon2id$v=19$m=2147483647,t=1,p=1" + key, "$argon2id$v=19$m=4294967296,t=1,p=1" + key,
		"$argon2id$v=19$m=8192,t=11,p=1" + key, "$argon2id$v=19$m=8192,t=2147483647,p=1" + key,
		"$argon2id$v=19$m=8192,t=1,p=9" + key, "$argon2id$v=19$m=8192,t=1,p=257" + key,
		"$argon2id$v=19$m=8192,t=0,p=1" + key, "$argon2id$v=19$m=8192,t=1,p=0" + key,
		"$argon2id$v=19$m=7,t=1,p=1" + key, "$argon2id$v=19$m=-1,t=1,p=1" + key, "$argon2id$v=19$m=+8192,t=1,p=1" + key,
		"$argon2id$v=19$m=08192,t=1,p=1" + key, "$argon2id$v=16$m=8192,t=1,p=1" + key, "$argon2id$m=8192,t=1,p=1" + key,
		"$argon2id$v=19$m=8192,t=1" + key, "$argon2id$v=19$m=8192,t=1,p=1,m=8192" + key,
		"$argon2id$v=19$m=8192,t=1,p=1,data=1" + key, "$argon2id$v=19$m=8192,t=1,p=1$" + key,
		"$argon2id$v=19$m=8192,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=8192,t=1,p=1$AAAA$",
		"$argon2id$v=19$m=8192,t=1,p=1$$" + strings.Repeat("A", 172), "$argon2id$", "$argon2id$$$$$",
		"$argon2id$v=19$m=8192,t=1,p=1$" + strings.Repeat("A", 172) + "$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAB$AAAAAAAAAAAAAAAAAAAAAA", // another spelling
		"$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAA\nAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=262145,t=1,p=1" + key, "$argon2d$v=19$m=8192,t=1,p=1" + key,
		"argon2$argon2id$v=19$m=262145,t=1,p=1" + key,
		"$2b$16" + bcryptEnd, "$2b$31" + bcryptEnd, "$2b$99" + bcryptEnd, "$2b$03" + bcryptEnd, "$2x$05" + bcryptEnd,
		"$2$05" + bcryptEnd, "$2b$05$short", "$2b$05" + bcryptEnd + "A", "$2b$+5" + bcryptEnd,
		"pbkdf2_sha256$4000001$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"pbkdf2_sha256$0$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"pbkdf2_sha256$-1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"pbkdf2_sha256$9999999999$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"pbkdf2_sha256$1000$salt$AAAA", "pbkdf2_sha256$1000$salt$", "pbkdf2_sha256$1000$salt",
		"pbkdf2_sha256$1000$salt$" + strings.Repeat("AAAA", 43),
		"pbkdf2_sha256$1000$" + strings.Repeat("s", 129) + "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"$firebase-scrypt$", "$firebase-scrypt$AAAA$", "$firebase-scrypt$AAAA$AAAA", "$firebase-scrypt$!$AAAA",
		"$argon2id$" + strings.Repeat("A", 1<<20), strings.Repeat("$", 1024), strings.Repeat("$argon2id", 100),
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, hash := range hashes {
		if err := h.Check(hash); !errors.Is(err, passwordhash.ErrHash) {
			t.Errorf("%.80s: got %v", hash, err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("refusing %d hashes took %d bytes", len(hashes), took)
	}
	for _, hash := range hashes[:5] {
		if ok, err := h.Verify(t.Context(), hash, "password"); ok || !errors.Is(err, passwordhash.ErrHash) {
			t.Errorf("%s: got %v, %v", hash, ok, err)
		}
	}
	for _, f := range []passwordhash.Firebase{
		{SignerKey: v.Firebase.SignerKey, MemoryCost: 14, Rounds: 1 << 30},
		{SignerKey: v.Firebase.SignerKey, MemoryCost: 21, Rounds: 2},
		{SignerKey: v.Firebase.SignerKey, MemoryCost: 62, Rounds: 1},
	} {
		if _, err := passwordhash.New(passwordhash.Options{Import: []passwordhash.Verifier{f}}); err == nil {
			t.Errorf("MemoryCost %d, Rounds %d are accepted", f.MemoryCost, f.Rounds)
		}
	}
}

func FuzzCheck(f *testing.F) {
	v := vectors(f)
	for _, foreign := range v.Hashes {
		f.Add(foreign.Hash)
		f.Add(v.firebase().Hash(foreign.Salt, foreign.Hash))
	}
	h := newHasher(f, passwordhash.Options{Import: imports(v)})
	f.Fuzz(func(t *testing.T, hash string) {
		if err := h.Check(hash); err != nil && !errors.Is(err, passwordhash.ErrHash) {
			t.Errorf("%q: got %v", hash, err)
		}
		h.Stale(hash)
	})
}

// longBcrypt returns the hash of 72 times the letter a.
func longBcrypt(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(strings.Repeat("a", 72)), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}
