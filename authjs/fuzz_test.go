package authjs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/authjs"
)

// FuzzRead checks that Read accepts only sessions of Node, whatever the request has, and returns no
// claims with an error, and that Clear removes no cookies but those of the session.
func FuzzRead(f *testing.F) {
	file := readVectors(f)
	genuine := map[any]bool{} // by jti; the same in all processes of the fuzzer, so none that is made here
	for _, v := range append(file.Vectors, file.Extra...) {
		if v.Kind != "jwe-decode" {
			continue
		}
		genuine[v.Expected.Claims["jti"]] = true
		f.Add(plain+"="+v.Token+"; theme=dark", "")
		f.Add("next-auth.session-token.1="+v.Token[100:]+"; next-auth.session-token.0="+v.Token[:100], "")
		f.Add("", "Bearer "+v.Token)
	}
	for _, v := range file.Negative {
		f.Add(secure+"="+v.Token, "bearer "+v.Token)
	}
	for _, seed := range []string{
		"%", "%A", "%ZZ", "\x00", "Bearer %FF", "=;=",
		secure + ".0=a; " + secure + ".99999999999999999999=b; " + secure + "X=c",
	} {
		f.Add(seed, seed)
		f.Add(plain+"="+seed, "Bearer "+seed)
	}
	v5 := newSessions(f, authjs.Config{Secret: nodeSecret, Bearer: true})
	v4 := newSessions(f, authjs.Config{
		Secret: secret, PreviousSecrets: []string{nodeSecret}, Version: authjs.VersionV4, Bearer: true,
	})
	f.Fuzz(func(t *testing.T, cookies, authorization string) {
		r := &http.Request{Header: http.Header{"Cookie": {cookies}, "Authorization": {authorization}}}
		for _, s := range []*authjs.Sessions{v5, v4} {
			claims, err := s.Read(r)
			switch {
			case err == nil && !genuine[claims["jti"]]:
				t.Fatalf("read %v", claims)
			case err != nil && claims != nil:
				t.Fatalf("claims and an error: %v", err)
			case err != nil && err != authjs.ErrNoSession && err != authjs.ErrInvalid && err != authjs.ErrExpired:
				t.Fatalf("another error: %v", err)
			}
			w := httptest.NewRecorder()
			s.Clear(w, r)
			for _, line := range w.Header()["Set-Cookie"] {
				c, err := http.ParseSetCookie(line)
				if err != nil || !strings.Contains(c.Name, ".session-token") || c.MaxAge != -1 || c.Value != "" {
					t.Fatalf("cleared by %q", line)
				}
			}
		}
	})
}
