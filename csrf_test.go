package cardea

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The CSRF cookies are computed as next-auth 4 and @auth/core compute them. These packages produced
// testdata/authjs-vectors.json. @auth/core hashes a list of secrets together; here each secret is
// hashed alone, so that open forms stay valid when a secret is added.
func TestCSRFMatchesAuthJSVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	type vector struct {
		Inputs   struct{ Secret any }
		Expected struct{ CookieValue, CSRFToken string }
	}
	var file struct {
		Vectors []struct {
			ID, Kind string
			vector
			Cases []vector
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, v := range file.Vectors {
		if v.Kind != "csrf" {
			continue
		}
		for _, one := range append(v.Cases, v.vector) {
			secret, ok := one.Inputs.Secret.(string)
			if !ok {
				continue
			}
			checked++
			got, ok := csrf{[]string{secret}}.token(one.Expected.CookieValue)
			if !ok || got != one.Expected.CSRFToken {
				t.Errorf("%s: token = %q, %v; want %q", v.ID, got, ok, one.Expected.CSRFToken)
			}
		}
	}
	if checked != 2 {
		t.Errorf("%d vectors checked, want 2", checked)
	}
}

func TestCSRFTokenAcceptsOwnCookiesOnly(t *testing.T) {
	t.Parallel()
	old, fresh := csrf{[]string{"old"}}, csrf{[]string{"new", "old"}}
	token, cookie := old.fresh()
	if got, ok := fresh.token(cookie); !ok || got != token {
		t.Errorf("a cookie of a previous secret: %q, %v; want %q", got, ok, token)
	}
	_, cookie = fresh.fresh()
	if _, ok := old.token(cookie); ok {
		t.Error("a cookie of another secret is accepted")
	}
	for _, bad := range []string{
		"", "|", token, token + "|", "|" + token, token + "|" + token, strings.ToUpper(cookie), cookie + "0",
		cookie[:len(cookie)-1], "x" + cookie,
	} {
		if got, ok := fresh.token(bad); ok {
			t.Errorf("cookie %q is accepted as %q", bad, got)
		}
	}
	for i := range cookie {
		changed := []byte(cookie)
		changed[i] ^= 1
		if _, ok := fresh.token(string(changed)); ok {
			t.Errorf("a cookie with byte %d changed is accepted", i)
		}
	}
}
