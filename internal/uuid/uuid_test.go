package uuid_test

import (
	"regexp"
	"testing"

	"github.com/cardea-auth/cardea/internal/uuid"
)

func TestRandomUUIDs(t *testing.T) {
	t.Parallel()
	version4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := uuid.NewRandom()
		if !version4.MatchString(id) || seen[id] {
			t.Fatalf("got %q", id)
		}
		seen[id] = true
	}
}

// The first bytes of SHA-256("abc") are ba7816bf 8f01 cfea 4141 40de5dae2223 (FIPS 180-2, Appendix
// B.1).
func TestUUIDsOfData(t *testing.T) {
	t.Parallel()
	if got, want := uuid.NewSHA256("abc"), "ba7816bf-8f01-8fea-8141-40de5dae2223"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if uuid.NewSHA256("abc") == uuid.NewSHA256("abd") {
		t.Error("different data have the same UUID")
	}
}
