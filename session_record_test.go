package cardea_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
)

// Every way to sign in says in the session how the person has proven who they are.
func TestSessionKnowsItsMethods(t *testing.T) {
	t.Parallel()
	mail := func(use func(*testing.T, *cardeatest.Browser, cardeatest.Mail)) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			mails := new(cardeatest.Mailbox)
			*s = *newSite(t, func(c *cardea.Config) {
				c.Providers = append(c.Providers, email.New(email.Options{
					From: "Example <no-reply@example.com>", Sender: mails,
				}))
			})
			b := newBrowser(t, s.URL)
			use(t, b, mailSite{s, mails}.ask(t, b, "ann@example.com", "/"))
		}
	}
	form := func(methods ...string) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			with := newCredentialsSite(t, func(c *cardea.Config) {
				c.Providers[1].(*cardea.CredentialsProvider).Methods = methods
			})
			*s = *with.site
			newBrowser(t, s.URL).Post("/callback/credentials", url.Values{"name": {"ann"}, "password": {password}})
		}
	}
	provider := func(t *testing.T, s *site) {
		*s = *newSite(t, nil)
		s.signedIn(t, "")
	}
	code := func(methods ...string) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			*s = *newSite(t, nil)
			u := &cardea.User{Email: "ann@example.com"}
			must(t, s.store.CreateUser(t.Context(), u))
			r := httptest.NewRequest(http.MethodPost, s.URL+"/", nil)
			for _, wrong := range [][]string{{"a b"}, {""}, {strings.Repeat("a", 65)}} {
				_, err := s.auth.SignIn(httptest.NewRecorder(), r, cardea.Proof{UserID: u.ID, Methods: wrong})
				if err == nil || !strings.Contains(err.Error(), "Proof.Methods: want ") {
					t.Errorf("%q: got %v", wrong, err)
				}
			}
			_, err := s.auth.SignIn(httptest.NewRecorder(), r, cardea.Proof{UserID: u.ID, Methods: methods})
			must(t, err)
		}
	}
	for name, tc := range map[string]struct {
		signIn  func(*testing.T, *site)
		methods []string
		level   int
	}{
		"a provider": {provider, []string{"fed"}, 1},
		"a link": {mail(func(t *testing.T, b *cardeatest.Browser, m cardeatest.Mail) { visit(t, b, m.Link) }),
			[]string{"mail"}, 1},
		"a code": {mail(func(_ *testing.T, b *cardeatest.Browser, m cardeatest.Mail) {
			b.Post("/callback/email", url.Values{"code": {m.Code}})
		}), []string{"mail"}, 1},
		"a form":                           {form(), []string{"pwd"}, 1},
		"the application":                  {code("pwd", "otp"), []string{"pwd", "otp"}, 2},
		"the application, without methods": {code(), nil, 1},
		"a form with a code":               {form("pwd", "otp"), []string{"pwd", "otp"}, 2},
		"a form with a passkey":            {form("pop", "mfa"), []string{"pop", "mfa"}, 2},
		"two of one kind":                  {form("pwd", "mail"), []string{"pwd", "mail"}, 1},
		"two that are only second":         {form("otp", "recovery"), []string{"otp", "recovery"}, 1},
		"unknown names":                    {form("pwd", "kba", "ldap"), []string{"pwd", "kba", "ldap"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s site
			began := time.Now().Add(-time.Millisecond)
			tc.signIn(t, &s)
			session := onlySession(t, &s)
			if !slices.Equal(session.Methods, tc.methods) || session.Level != tc.level {
				t.Errorf("methods %q, level %d; want %q, %d", session.Methods, session.Level, tc.methods, tc.level)
			}
			for what, at := range map[string]time.Time{
				"AuthTime": session.AuthTime, "CreatedAt": session.CreatedAt, "SeenAt": session.SeenAt,
			} {
				if at.Before(began) || at.After(time.Now()) || at.Location() != time.UTC {
					t.Errorf("%s = %v", what, at)
				}
			}
		})
	}
}

// onlySession returns the session of the only user who has one.
func onlySession(t *testing.T, s *site) *cardea.Session {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
	must(t, err)
	list, err := s.auth.Sessions(t.Context(), u.ID)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("got %d sessions, want 1", len(list))
	}
	return list[0]
}

func TestMethodsOfAFormAreChecked(t *testing.T) {
	t.Parallel()
	for want, methods := range map[string][]string{
		`Providers[0] (credentials).Methods: want letters, digits, -, . and _, have "a b"`: {"pwd", "a b"},
		`Providers[0] (credentials).Methods: want letters, digits, -, . and _, have ""`:    {""},
		`Providers[0] (credentials).Methods: want at most 64 bytes, have 65`: {
			strings.Repeat("a", 32), strings.Repeat("b", 32),
		},
	} {
		_, err := cardea.New(cardea.Config{Secret: secret, Providers: []cardea.Provider{
			credentials.New(credentials.Options{
				Fields: []cardea.Field{{Name: "name"}}, Methods: methods,
				Authorize: (&credentialsSite{}).authorize,
			}),
		}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// signInWith signs in at idp with headers on every request, from an address.
func (s *site) signInWith(t *testing.T, from string, headers map[string]string) {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from != "" {
			r.RemoteAddr = from
		}
		for name, value := range headers {
			r.Header[name] = []string{value} // not Set: the value may be one that no client may send
		}
		s.auth.ServeHTTP(w, r)
	}))
	defer front.Close()
	cardeatest.SignIn(t, front.URL, "idp", "")
}

// goauthentik GO-2025-3736 (XSS by what a client says about itself): the header is kept as a text
// that every column can store, and is not more than a text.
func TestSessionKnowsItsUserAgent(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; rv:145.0) Firefox/145.0": "Mozilla/5.0 (X11; rv:145.0) Firefox/145.0",
		"":                                  "",
		"<script>alert(1)</script>":         "<script>alert(1)</script>",
		strings.Repeat("x", 10_000):         strings.Repeat("x", 255),
		"a\xff\xfeb \xed\xa0\x80c":          "ab c",
		"line\r\nbreak\x00\x1b[31m\x7f":     "linebreak[31m",
		"Wget ☃ 𝒳 \u202egpj.exe":            "Wget   gpj.exe",
		strings.Repeat("é", 300) + "Safari": "Safari",
		" \t  ":                             "",
	} {
		s := newSite(t, nil)
		s.signInWith(t, "", map[string]string{"User-Agent": header})
		if got := onlySession(t, s).UserAgent; got != want {
			t.Errorf("%.40q is kept as %q, want %q", header, got, want)
		}
	}
}

// chi GO-2026-5774, -5775 and -5777, fiber CVE-2023-41338: only trusted proxies tell the address of
// a client.
func TestSessionKnowsItsAddress(t *testing.T) {
	t.Parallel()
	spoofed := map[string]string{
		"X-Forwarded-For": "198.51.100.9", "X-Real-Ip": "198.51.100.9", "True-Client-Ip": "198.51.100.9",
		"Forwarded": "for=198.51.100.9", "Cf-Connecting-Ip": "198.51.100.9",
	}
	proxied := maps.Clone(spoofed)
	proxied["X-Forwarded-For"] = "198.51.100.9, <b>, 203.0.113.77:50001"
	for name, tc := range map[string]struct {
		from    string
		headers map[string]string
		want    map[string]string // by RecordIP
	}{
		"IPv4": {"203.0.113.77:40000", nil, map[string]string{
			"": "203.0.113.0/24", "network": "203.0.113.0/24", "full": "203.0.113.77", "none": "",
		}},
		"IPv6": {"[2001:db8:1:2:3:4:5:6]:40000", nil, map[string]string{
			"": "2001:db8:1::/48", "full": "2001:db8:1:2:3:4:5:6", "none": "",
		}},
		"IPv4 in IPv6":     {"[::ffff:203.0.113.77]:40000", nil, map[string]string{"full": "203.0.113.77"}},
		"with a zone":      {"[fe80::1%eth0]:40000", nil, map[string]string{"full": "fe80::1"}},
		"a socket":         {"@", nil, map[string]string{"": "", "full": ""}},
		"no address":       {"<script>", nil, map[string]string{"": "", "full": ""}},
		"spoofed":          {"203.0.113.77:40000", spoofed, map[string]string{"full": "203.0.113.77"}},
		"behind a proxy":   {"192.0.2.1:40000", proxied, map[string]string{"full": "203.0.113.77"}},
		"a spoofed socket": {"@", spoofed, map[string]string{"full": ""}},
	} {
		for record, want := range tc.want {
			s := newSite(t, func(c *cardea.Config) {
				c.Session.RecordIP = record
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			})
			s.signInWith(t, tc.from, tc.headers)
			if got := onlySession(t, s).IP; got != want {
				t.Errorf("%s, RecordIP %q: got %q, want %q", name, record, got, want)
			}
		}
	}
}

func TestRecordIPIsChecked(t *testing.T) {
	t.Parallel()
	_, err := cardea.New(cardea.Config{Secret: secret, Session: cardea.SessionConfig{RecordIP: "Full"}})
	const want = `Session.RecordIP: want "full", "network" or "none", have "Full"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
