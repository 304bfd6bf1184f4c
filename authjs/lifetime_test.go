package authjs_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/internal/signinclaim"
)

// A session that package cardea made ends with its lifetime, however often it is written again.
func TestLifetimeOfASessionOfCardea(t *testing.T) {
	t.Parallel()
	const maxAge = 24 * time.Hour
	s, err := authjs.New(authjs.Config{
		Secret: "a secret of at least 32 bytes, only for tests", MaxAge: maxAge, InsecureCookies: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		left time.Duration // of the lifetime
		want time.Duration // until the new expiry; 0 if the session is over
	}{
		"a longer lifetime":     {90 * 24 * time.Hour, maxAge},
		"the end is near":       {time.Hour, time.Hour},
		"the lifetime is over":  {-time.Second, 0},
		"it ended long ago":     {-time.Hour, 0},
		"it has no lifetime":    {0, maxAge},
		"the end is in seconds": {5 * time.Second, 5 * time.Second},
	} {
		claim := signinclaim.Claim{Begin: time.Now().Add(-time.Hour), Level: 1}
		if tc.left != 0 {
			claim.End = time.Now().Add(tc.left)
		}
		w := httptest.NewRecorder()
		err := s.Write(w, httptest.NewRequest("GET", "http://localhost/", nil),
			authjs.Claims{"sub": "1", signinclaim.Name: claim.String()})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "http://localhost/", nil)
		for _, c := range w.Result().Cookies() {
			r.AddCookie(c)
		}
		got, err := s.Read(r)
		if tc.want == 0 {
			if !errors.Is(err, authjs.ErrExpired) {
				t.Errorf("%s: got %v, %v; want ErrExpired", name, got, err)
			}
			continue
		}
		if left := time.Until(got.Expires()); err != nil || left > tc.want || left < tc.want-3*time.Second {
			t.Errorf("%s: expires in %v, %v; want %v", name, left, err, tc.want)
		}
	}
}
