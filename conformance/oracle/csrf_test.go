package oracle_test

import (
	"fmt"
	"strings"
	"testing"
)

// A form that one server gave out is accepted by the other.
func (o oracle) csrfTokenIsOfBothServers(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	nodes := o.beside(site, secret)
	for _, way := range [][2]server{{site, nodes}, {nodes, site}} {
		here, there := way[0], way[1]
		t.Run(fmt.Sprintf("from %v to %v", here, there), func(t *testing.T) {
			b := newBrowser()
			token := b.csrfToken(t, here)
			if got := b.csrfToken(t, there); got != token {
				t.Errorf("the token became another one")
			}
			b.post(t, there, "/callback/credentials",
				map[string]string{"csrfToken": strings.Repeat("0", 64), "password": "right"})
			if len(b.sessionCookies(s)) != 0 {
				t.Error("signed in with another token")
			}
			b.post(t, there, "/callback/credentials", map[string]string{"csrfToken": token, "password": "right"})
			b.isAnn(t, there)
		})
	}
}

// A cookie that was made with another secret gives way to a new one, at both servers.
func (o oracle) csrfTokenOfAnotherSecret(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	nodes := o.beside(site, secret)
	stranger := o.beside(site, strings.Repeat("o", 32))
	for _, at := range []server{site, nodes} {
		b := newBrowser()
		token := b.csrfToken(t, stranger)
		b.post(t, at, "/callback/credentials", map[string]string{"csrfToken": token, "password": "right"})
		if len(b.sessionCookies(s)) != 0 {
			t.Errorf("signed in at %v", at)
		}
		if b.csrfToken(t, at) == token {
			t.Errorf("%v kept the token", at)
		}
	}
}
