package cookie_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/cardea-auth/cardea/internal/cookie"
)

// Candidates for the session are the values of one name, and chunks of the same age.
func TestSessions(t *testing.T) {
	t.Parallel()
	const name = "authjs.session-token"
	for line, want := range map[string][]string{
		"a=1": nil,
		name + "=a; " + name + "=b; " + name + "=a":                         {"a", "b"},
		name + "=; " + name + "=b":                                          {"b"},
		name + "=a; " + name + ".0=b; " + name + ".1=c":                     {"a", "bc"},
		name + ".0=a; " + name + ".0=b; " + name + ".1=c; " + name + ".1=d": {"ac", "bd"},
		name + ".0=a; " + name + ".0=b; " + name + ".1=c":                   {"ac", "b", "bc"},
		name + ".0=a; " + name + ".1=c; " + name + ".100=d":                 nil,
		name + "=%7C; " + name + "=b":                                       {"|", "b"},
		name + "X=a; " + name + "=b":                                        {"b"},
		name + "=0; " + name + "=1; " + name + "=2; " + name + "=3; " + name + "=4; " + name + "=5; " + name + "=6; " +
			name + "=7; " + name + "=8; " + name + "=9; " + name + "=10": {
			"0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
		},
	} {
		names := cookie.NamesV5(false)
		jar := jarOf(&names, line)
		if got := jar.Sessions(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
		if got := jar.Sessions(); len(got) > 0 && got[0] != jar.Session() {
			t.Errorf("%s: the first is %q, want %q", line, got[0], jar.Session())
		}
	}
}

// Every place from which a browser sends a cookie is cleared, but not the one where the session is.
func TestClearElsewhere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host, path, domain string
		want               []string // domain and path
	}{
		{"localhost:3000", "/", "", nil},
		{"localhost:3000", "/api/auth/session", "", []string{
			" /api/auth/session", " /api/auth", " /api/auth/", " /api", " /api/",
		}},
		{"app.example.com", "/", "", []string{"app.example.com /", "example.com /"}},
		{"app.example.com", "/", "example.com", []string{"app.example.com /"}},
		{"example.com:8443", "/a", "", []string{"example.com /", " /a", "example.com /a"}},
		{"127.0.0.1", "/a/", "", []string{" /a/", " /a"}},
		{"[::1]:3000", "/;x", "", nil},
	} {
		names := cookie.NamesV5(false)
		names.Domain = tc.domain
		jar := jarOf(&names, names.Session+"=a; "+names.Session+"=b; "+names.CSRF+"=c")
		jar.ClearElsewhere(tc.host, tc.path)
		if err := jar.SetSession("b", now); err != nil {
			t.Fatal(err)
		}
		var got []string
		lines := written(jar)
		for i, line := range lines {
			c, err := http.ParseSetCookie(line)
			if err != nil || c.Name != names.Session {
				t.Fatalf("%q: %v", line, err)
			}
			if place := c.Domain + " " + c.Path; c.MaxAge < 0 && place != " /" {
				got = append(got, place)
			}
			if isSet := c.Value == "b" && c.Domain == tc.domain; isSet != (i == len(lines)-1) {
				t.Errorf("%s%s: cookie %d of %d is %q", tc.host, tc.path, i, len(lines), line)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s%s: cleared at %q, want %q", tc.host, tc.path, got, tc.want)
		}
	}
}
