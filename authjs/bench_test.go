package authjs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/internal/seal"
)

// BenchmarkRead compares reading a session with the one decryption that it contains. The request
// has a few other cookies, as usual. The results named both report the ratio of the two, which is
// meaningful even on a busy machine.
func BenchmarkRead(b *testing.B) {
	for _, bm := range []struct {
		name    string
		version authjs.Version
		scheme  seal.Scheme
		cookie  string
	}{
		{"v5", authjs.VersionV5, seal.SchemeV5, secure},
		{"v5 plain name", authjs.VersionV5, seal.SchemeV5, plain},
		{"v4", authjs.VersionV4, seal.SchemeV4, "__Secure-next-auth.session-token"},
		{"v4 plain name", authjs.VersionV4, seal.SchemeV4, "next-auth.session-token"},
	} {
		sessions := newSessions(b, authjs.Config{Secret: secret, Version: bm.version})
		sealer := seal.New([]string{secret}, bm.scheme)
		salt := bm.scheme.SessionSalt(bm.cookie)
		token, err := sealer.Seal(salt, ada, time.Now(), time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		r := request("theme=dark; _ga=GA1.1.1234567890.1234567890; lang=cs; " + bm.cookie + "=" + token)
		decrypt := func() {
			if _, err := sealer.Open(salt, token, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
		read := func() {
			if _, err := sessions.Read(r); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(bm.name+"/decrypt", func(b *testing.B) { measure(b, decrypt) })
		b.Run(bm.name+"/read", func(b *testing.B) { measure(b, read) })
		b.Run(bm.name+"/both", func(b *testing.B) { compare(b, decrypt, read) })
	}
}

func measure(b *testing.B, f func()) {
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

// compare runs f and g alternately and reports the median of the ratios of their times.
func compare(b *testing.B, f, g func()) {
	const turn = 50
	var ratios []float64
	for b.Loop() {
		start := time.Now()
		for range turn {
			f()
		}
		middle := time.Now()
		for range turn {
			g()
		}
		ratios = append(ratios, float64(time.Since(middle))/float64(middle.Sub(start)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "read/decrypt")
}

// Even the first read of a Sessions makes no more allocations than the decryption alone. So New has
// derived the keys.
func TestReadingIsOneDecryption(t *testing.T) {
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	token := sealed(t, authjs.Config{Secret: secret}, ada)
	r := request(secure + "=" + token)
	var fresh []*authjs.Sessions
	for range 101 { // AllocsPerRun calls once more than it counts
		fresh = append(fresh, newSessions(t, authjs.Config{Secret: secret}))
	}
	decrypt := testing.AllocsPerRun(100, func() {
		if _, err := sealer.Open(secure, token, time.Now()); err != nil {
			t.Error(err)
		}
	})
	read := testing.AllocsPerRun(100, func() {
		if _, err := fresh[0].Read(r); err != nil {
			t.Error(err)
		}
		fresh = fresh[1:]
	})
	if read > decrypt {
		t.Errorf("reading a session makes %v allocations, its decryption %v", read, decrypt)
	}
}
