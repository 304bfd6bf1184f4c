package oracle_test

import (
	"fmt"
	"strings"
	"testing"
)

// A server accepts the CSRF token that the other has given out.
func (o oracle) csrfTokenWorksAtBoth(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	for _, way := range [][2]server{{site, original}, {original, site}} {
		here, there := way[0], way[1]
		t.Run(fmt.Sprintf("from %v to %v", here, there), func(t *testing.T) {
			b := newBrowser()
			token := b.csrfToken(t, here)
			if got := b.csrfToken(t, there); got != token {
				t.Errorf("%v gave out another token", there)
			}
			b.post(t, there, "/callback/credentials",
				map[string]string{"csrfToken": strings.Repeat("0", 64), "password": "right"})
			if len(b.sessionCookies(s)) != 0 {
				t.Error("signed in with a wrong token")
			}
			b.post(t, there, "/callback/credentials", map[string]string{"csrfToken": token, "password": "right"})
			b.wantAnn(t, there)
		})
	}
}

// Both servers replace a CSRF cookie that was made with another secret.
func (o oracle) csrfTokenOfAnotherSecret(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	otherSecret := o.newNodeSite(site, strings.Repeat("o", 32))
	for _, at := range []server{site, original} {
		b := newBrowser()
		token := b.csrfToken(t, otherSecret)
		b.post(t, at, "/callback/credentials", map[string]string{"csrfToken": token, "password": "right"})
		if len(b.sessionCookies(s)) != 0 {
			t.Errorf("signed in at %v", at)
		}
		if b.csrfToken(t, at) == token {
			t.Errorf("%v kept the token", at)
		}
	}
}
