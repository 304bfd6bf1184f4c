package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/password"
)

func newChecker(t testing.TB, p password.Policy) *password.Checker {
	t.Helper()
	c, err := p.Checker()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// NIST SP 800-63B-4 § 3.1.1.2.
func TestPolicy(t *testing.T) {
	t.Parallel()
	c := newChecker(t, password.Policy{Words: []string{"Example.com", "Cardea"}})
	about := []string{"Zoë Müller-Lüdenscheidt", "zoe.mueller1984@mail.example", ""}
	for typed, want := range map[string]string{
		"":                             password.CodeShort,
		"x9$Lq2!vRt7#pW":               password.CodeShort,
		"x9$Lq2!vRt7#pWz":              "",
		"correct horse battery staple": "",
		strings.Repeat("密码很长", 3) + "这样就够了":         "",
		"ääääääääääääää":                            password.CodeShort, // counted in characters, not in bytes
		"a\u0308o\u0308u\u0308 long one":            password.CodeShort, // and in those of form C
		"only lower case letters":                   "",                 // no rule about kinds of characters
		"482915037718264":                           "",
		strings.Repeat("long and longer ", 8) + "!": "",
		strings.Repeat("no two words ", 400):        password.CodeLong,
		"passwordpassword":                          password.CodeCommon,
		"Password12345678":                          password.CodeCommon,
		"ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ":                          password.CodeCommon, // full width
		"abcdefghijklmnopqrstuvwxyz":                password.CodeCommon,
		"example.com 2026!":                         password.CodePersonal,
		"CARDEA-cardea-Example.com":                 password.CodePersonal,
		"zoe.mueller1984@mail.example":              password.CodePersonal,
		"ZoëMüllerLüdenscheidt":                     password.CodePersonal,
		"mueller1984 zoe!":                          password.CodePersonal,
		"Cardea keeps my garden green":              "",
		"a\x00 long enough password":                password.CodeLong,
		"\xff long enough password":                 password.CodeLong,
	} {
		if got, err := c.Check(t.Context(), typed, about...); got != want || err != nil {
			t.Errorf("%.60q: got %q, %v, want %q", typed, got, err, want)
		}
	}
}

type breached func(password string) (bool, error)

func (b breached) Contains(_ context.Context, password string) (bool, error) { return b(password) }

// The list is asked last, about the text that is hashed, and is no reason to refuse a password if
// it fails.
func TestBreachedList(t *testing.T) {
	t.Parallel()
	asked := ""
	away := errors.New("away")
	c := newChecker(t, password.Policy{MinLength: 8, Breached: breached(func(password string) (bool, error) {
		asked += password + "|"
		return true, map[bool]error{true: away}[password == "away for lunch"]
	})})
	for typed, want := range map[string]string{"short": password.CodeShort, "password": password.CodeCommon} {
		if got, err := c.Check(t.Context(), typed); got != want || err != nil || asked != "" {
			t.Errorf("%q: got %q, %v, asked %q", typed, got, err, asked)
		}
	}
	if got, err := c.Check(t.Context(), "Zoe\u0308 & co\u00a0."); got != password.CodeBreached || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := c.Check(t.Context(), "away for lunch"); got != "" || !errors.Is(err, away) {
		t.Errorf("got %q, %v", got, err)
	}
	if want := "Zoë & co .|away for lunch|"; asked != want {
		t.Errorf("asked about %q, want %q", asked, want)
	}
}

func TestPolicyNamesTheFault(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]password.Policy{
		"MinLength: want 8 to 64, have 7":  {MinLength: 7},
		"MinLength: want 8 to 64, have 65": {MinLength: 65},
		"Words[1]":                         {Words: []string{"example", "a.b"}},
		"Breached: URL: URL must be https": {Breached: &password.Range{URL: "http://passwords.example"}},
	} {
		if _, err := p.Checker(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
