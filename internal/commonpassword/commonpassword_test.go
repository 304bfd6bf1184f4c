package commonpassword

import (
	"slices"
	"strings"
	"testing"
)

func TestContains(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"password": true, "PASSWORD": true, "letmein": true, "qwerty": true, "trustno1": true,
		"passwordpassword": true, "passwordpasswordpass": true, "monkey2024!!": true, "!!!Dragon!!!": true,
		"SunshineSunshine1": true, "123456789987654321": true, "1234567890987654321": true,
		"aaaaaaaaaaaaaaaa": true, "abcdefghijklmnop": true, "qwertyuiopasdfghjkl": true, "abababababababab": true,
		"abcdefghijklmnopqrstuvwxyz0123456789": true, "zyxwvutsrqponmlk": true, "ääääääääääääääää": true,
		"correct horse battery staple": false, "correcthorsebatterystaple": false, "monkey dragon letmein": false,
		"monkey482915037718": false, "abcdefgh-mountain": false, "x9$Lq2!vRt7#pWz4": false, "ein langer satz": false,
		"密码密码密码密码密码密码密码密码": true,
	} {
		if got := Contains(password); got != want {
			t.Errorf("%q: got %v", password, got)
		}
	}
}

// Every password of the list is found, and the list is what list.mjs writes.
func TestListIsWholeAndSorted(t *testing.T) {
	t.Parallel()
	words := strings.Split(strings.TrimSuffix(list(), "\n"), "\n")
	if len(words) < 40_000 || !slices.IsSorted(words) || strings.ToLower(list()) != list() {
		t.Errorf("%d words, sorted: %v", len(words), slices.IsSorted(words))
	}
	for _, w := range words {
		if !has(w) {
			t.Errorf("%q is not found", w)
		}
		if has(w + "\x00") {
			t.Errorf("%q with a NUL is found", w)
		}
	}
	for _, w := range []string{"", "\n", "0\n", "~~~~~", "\xff"} {
		if has(w) {
			t.Errorf("%q is found", w)
		}
	}
}

func FuzzContains(f *testing.F) {
	for _, s := range []string{"password", "", "\xff\xff", "abcabcabc", "密码密码"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, password string) {
		if Contains(password) != Contains(strings.ToLower(password)) {
			t.Errorf("%q: depends on the case", password)
		}
	})
}
