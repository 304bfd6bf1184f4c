package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{6}(-[0-9A-HJKMNP-TV-Z]{6}){3}$`)
	seen := map[string]bool{}
	for range 4 {
		codes := New()
		if len(codes) != 8 {
			t.Fatalf("%d codes, want 8", len(codes))
		}
		for _, code := range codes {
			hash, ok := Hash(code)
			if !pattern.MatchString(code) || !ok || seen[hash] {
				t.Errorf("%s: hash %s, %t", code, hash, ok)
			}
			seen[hash] = true
		}
	}
}

// A code is found however people write it, and no other text is one.
func TestHash(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("0123456789ABCDEFGHJ1K010"))
	want := hex.EncodeToString(sum[:])
	for _, text := range []string{
		"0123456789ABCDEFGHJ1K010",
		"012345-6789AB-CDEFGH-J1K010",
		"oL2345-6789ab-cdefgh-jiKOlO",
		" 012345 6789ab\u00a0cdefgh – j1k0I0\n",
		"０１２３４５６７８９ａｂｃｄｅｆｇｈＪ１Ｋ０１０",
	} {
		if got, ok := Hash(text); !ok || got != want {
			t.Errorf("%q: got %s, %t", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "0123456789ABCDEFGHJ1K01", "0123456789ABCDEFGHJ1K0100", "U123456789ABCDEFGHJ1K010",
		"0123456789ABCDEFGHJ1K01é", strings.Repeat("0", 1000),
	} {
		if got, ok := Hash(text); ok || got != "" {
			t.Errorf("%q: got %s, %t", text, got, ok)
		}
	}
}
