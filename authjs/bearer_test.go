package authjs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/authjs"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	token := sealed(t, authjs.Config{Secret: secret}, ada)
	ofPlain := sealed(t, authjs.Config{Secret: secret, InsecureCookies: true}, ada)
	v4 := sealed(t, authjs.Config{Secret: secret, Version: authjs.VersionV4}, ada)
	s := newSessions(t, authjs.Config{Secret: secret, Bearer: true})
	for _, tt := range []struct {
		name   string
		header string
		want   error
	}{
		{"token", "Bearer " + token, nil},
		{"token of the plain name", "Bearer " + ofPlain, nil},
		{"other case", "bEARER " + token, nil},
		{"more spaces", "Bearer  " + token + " ", nil},
		{"component-encoded", "Bearer " + strings.ReplaceAll(token, ".", "%2E"), nil},
		{"plus is not a space", "Bearer +" + token, authjs.ErrInvalid},
		{"of the other version", "Bearer " + v4, authjs.ErrInvalid},
		{"cut off", "Bearer " + token[:len(token)-1], authjs.ErrInvalid},
		{"other scheme", "Basic " + token, authjs.ErrNoSession},
		{"no scheme", token, authjs.ErrNoSession},
		{"no token", "Bearer", authjs.ErrNoSession},
		{"empty token", "Bearer ", authjs.ErrNoSession},
		{"tab", "Bearer\t" + token, authjs.ErrNoSession},

		// Auth.js GHSA-xmf8-cvqr-rfgj: tokens that are not well encoded.
		{"%", "Bearer %", authjs.ErrNoSession},
		{"%A", "Bearer %A", authjs.ErrNoSession},
		{"%ZZ", "Bearer %ZZ", authjs.ErrNoSession},
		{"% at the end", "Bearer " + token + "%", authjs.ErrNoSession},
		{"not UTF-8", "Bearer %FF" + token, authjs.ErrNoSession},
		{"1 MB", "Bearer " + strings.Repeat("x", 1<<20), authjs.ErrNoSession},
		{"1 MB of %", "Bearer " + strings.Repeat("%", 1<<20), authjs.ErrNoSession},
		{"64 kB", "Bearer " + strings.Repeat("x", 64<<10), authjs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("")
			r.Header.Set("Authorization", tt.header)
			if claims, err := s.Read(r); err != tt.want || (claims == nil) != (err != nil) {
				t.Errorf("got %v, %v, want %v", claims, err, tt.want)
			}
			wantError(t, newSessions(t, authjs.Config{Secret: secret}), r, authjs.ErrNoSession)
		})
	}
}

func TestBearerOfV4(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret, Version: authjs.VersionV4, Bearer: true}
	r := request("")
	r.Header.Set("Authorization", "Bearer "+sealed(t, c, ada))
	wantSubject(t, newSessions(t, c), r, "user-1")
}

func TestCookieComesBeforeBearer(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret, Bearer: true}
	s, token := newSessions(t, c), sealed(t, c, authjs.Claims{"sub": "bearer"})
	header := func(cookies string) *http.Request {
		r := request(cookies)
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	wantSubject(t, s, header("theme=dark"), "bearer")
	wantSubject(t, s, header(secure+"="), "bearer")
	wantSubject(t, s, header(secure+"="+sealed(t, c, authjs.Claims{"sub": "cookie"})), "cookie")
	wantError(t, s, header(secure+"=x"), authjs.ErrInvalid)
}
