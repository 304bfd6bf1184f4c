package oauth2

import (
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// passport-oauth2 CVE-2021-41580, for any response: parse returns a token with an access token, or
// an error, never both.
func FuzzParseToken(f *testing.F) {
	for _, body := range []string{
		`{"access_token":"at","token_type":"Bearer","expires_in":3600,"scope":["a"],"refresh_token":null}`,
		`{"error":"invalid_grant"}`, `{"access_token":null}`, `{"access_token":"a","expires_in":"1e308"}`,
		`{"error":{}}`, `{"errcode":40029,"access_token":"a"}`,
		`{"ok":false,"access_token":"a"}`, "<html>", "null", "",
	} {
		f.Add(200, []byte(body))
		f.Add(201, []byte(body))
		f.Add(400, []byte(body))
	}
	now := time.Unix(1_800_000_000, 0)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		token, err := Rules{}.parse(&outbound.Response{Status: status, Body: body}, false, now)
		if (token == nil) == (err == nil) {
			t.Fatalf("got %v and %v", token, err)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n\"\\") {
				t.Errorf("error with characters of the body: %q", err)
			}
			return
		}
		if status < 200 || status > 299 || token.Access == "" || token.Type != "bearer" {
			t.Errorf("got %+v with status %d", token, status)
		}
		if !token.Expires.IsZero() && (token.Expires.Before(now) || token.Expires.After(now.AddDate(101, 0, 0))) {
			t.Errorf("expires %v", token.Expires)
		}
	})
}
