package passwordhash_test

import (
	"crypto/rand"
	"testing"

	"github.com/cardea-auth/cardea/passwordhash"
	"golang.org/x/crypto/argon2"
)

// BenchmarkVerify compares wrong passwords with bare Argon2id of the same parameters, on all
// processors.
func BenchmarkVerify(b *testing.B) {
	h := newHasher(b, passwordhash.Options{})
	hash, err := h.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Argon2id", func(b *testing.B) {
		salt := make([]byte, 16)
		rand.Read(salt)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				argon2.IDKey([]byte("wrong"), salt, 3, 12288, 1, 32)
			}
		})
	})
	b.Run("Verify", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := h.Verify(b.Context(), hash, "wrong"); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
