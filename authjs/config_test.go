package authjs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

func TestFaultsOfConfig(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config authjs.Config
		want   string
	}{
		{"zero value", authjs.Config{}, "authjs: Config.Secret: missing; it is the secret of the Node server, " +
			"usually AUTH_SECRET there"},
		{"empty previous secret", authjs.Config{Secret: secret, PreviousSecrets: []string{older, ""}},
			"authjs: Config.PreviousSecrets[1]: is empty; leave it out"},
		{"version", authjs.Config{Secret: secret, Version: 4},
			"authjs: Config.Version: want VersionV5 or VersionV4, have 4"},
		{"age below zero", authjs.Config{Secret: secret, MaxAge: -time.Hour},
			"authjs: Config.MaxAge: want a second or more, have -1h0m0s"},
		{"age below a second", authjs.Config{Secret: secret, MaxAge: 30},
			"authjs: Config.MaxAge: want a second or more, have 30ns"},
		{"name", authjs.Config{Secret: secret, CookieName: "my session"},
			`authjs: Config.CookieName: want letters, digits and characters such as . - _, have "my session"`},
		{"name with a line break", authjs.Config{Secret: secret, CookieName: "sid\r\n"},
			`authjs: Config.CookieName: want letters, digits and characters such as . - _, have "sid\r\n"`},
		{"long name", authjs.Config{Secret: secret, CookieName: strings.Repeat("x", 129)},
			"authjs: Config.CookieName: want 128 bytes or less, have 129"},
		{"prefix without Secure", authjs.Config{Secret: secret, CookieName: "__Host-sid", InsecureCookies: true},
			"authjs: Config.InsecureCookies: browsers accept __Host-sid only with Secure; choose another " +
				"CookieName or none"},
		{"prefix in another case", authjs.Config{Secret: secret, CookieName: "__secure-sid", InsecureCookies: true},
			"authjs: Config.InsecureCookies: browsers accept __secure-sid only with Secure; choose another " +
				"CookieName or none"},
		{"domain with a dot in front", authjs.Config{Secret: secret, CookieDomain: ".example.com"},
			`authjs: Config.CookieDomain: want a domain in lower case such as example.com, have ".example.com"`},
		{"domain and prefix of the host",
			authjs.Config{Secret: secret, CookieDomain: "example.com", CookieName: "__Host-sid"},
			"authjs: Config.CookieDomain: browsers accept __Host-sid only without a domain; " +
				"leave it empty or choose another CookieName"},
		{"all at once", authjs.Config{PreviousSecrets: []string{""}, Version: -1, CookieName: ";", MaxAge: 1},
			"authjs: Config.Secret: missing; it is the secret of the Node server, usually AUTH_SECRET there\n" +
				"authjs: Config.PreviousSecrets[0]: is empty; leave it out\n" +
				"authjs: Config.Version: want VersionV5 or VersionV4, have -1\n" +
				"authjs: Config.CookieName: want letters, digits and characters such as . - _, have \";\"\n" +
				"authjs: Config.MaxAge: want a second or more, have 1ns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := authjs.New(tt.config)
			if s != nil || err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v, want %s", s, err, tt.want)
			}
			if mw, err := authjs.Middleware(tt.config); mw != nil || err == nil || err.Error() != tt.want {
				t.Errorf("Middleware: got %v, want %s", err, tt.want)
			}
		})
	}
}

// A secret may be as short as that of the Node server, and a long session can be split into cookies
// with the longest name.
func TestLimitsOfConfig(t *testing.T) {
	t.Parallel()
	for _, version := range []authjs.Version{authjs.VersionV5, authjs.VersionV4} {
		newSessions(t, authjs.Config{Secret: "x", Version: version, MaxAge: time.Second})
		s := newSessions(t, authjs.Config{Secret: "x", Version: version, CookieName: strings.Repeat("n", 128)})
		b := newBrowser(t)
		b.write(s, authjs.Claims{"sub": "user-1", "blob": strings.Repeat("x", 45_000)})
		wantSubject(t, s, b.request(), "user-1")
	}
}

func TestCallersSecretsAreCopied(t *testing.T) {
	t.Parallel()
	previous := []string{older}
	s := newSessions(t, authjs.Config{Secret: secret, PreviousSecrets: previous})
	previous[0] = "changed"
	wantSubject(t, s, request(secure+"="+sealed(t, authjs.Config{Secret: older}, ada)), "user-1")
}
