package seal

import (
	"strconv"
	"testing"
	"time"
)

func TestKeysAreKeptForFewSalts(t *testing.T) {
	t.Parallel()
	s := New([]string{"secret"}, SchemeV5)
	for n := range 2 * maxSalts {
		if _, err := s.Seal(strconv.Itoa(n), nil, time.Now(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.keys) != maxSalts {
		t.Errorf("the keys of %d salts are kept, want %d", len(s.keys), maxSalts)
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	s := New([]string{"secret"}, SchemeV5)
	if err := s.Prepare("salt"); err != nil || len(s.keys["salt"]) != len(SchemeV5.encodings()) {
		t.Errorf("got %v with %d keys", err, len(s.keys["salt"]))
	}
	if err := New([]string{"secret", ""}, SchemeV5).Prepare("salt"); err == nil {
		t.Error("a missing secret is no error")
	}
}
