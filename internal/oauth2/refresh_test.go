package oauth2_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// The request is that of RFC 6749 § 6, authenticated in the same way as a request with a code.
func TestRefresh(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		auth, header string
		form         url.Values
	}{
		{oauth2.SecretBasic, "Basic YXBwOnMzY3JldA==", url.Values{}},
		{oauth2.SecretPost, "", url.Values{"client_id": {"app"}, "client_secret": {"s3cret"}}},
		{oauth2.None, "", url.Values{"client_id": {"app"}}},
	} {
		t.Run(tc.auth, func(t *testing.T) {
			t.Parallel()
			want := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"r3fresh"}}
			for name, values := range tc.form {
				want[name] = values
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != want.Encode() || r.Header.Get("Authorization") != tc.header ||
					r.Method != http.MethodPost {
					t.Errorf("got %s %s with %q, %v", r.Method, body, r.Header.Get("Authorization"), err)
				}
				io.WriteString(w, `{"access_token":"a","expires_in":"60","scope":["x","y"],"refresh_token":null}`)
			}))
			t.Cleanup(server.Close)
			c := &oauth2.Client{ID: "app", Secret: "s3cret", Auth: tc.auth, TokenURL: server.URL, HTTP: server.Client()}
			token, err := c.Refresh(t.Context(), "r3fresh")
			if err != nil {
				t.Fatal(err)
			}
			if token.Access != "a" || token.Refresh != "" || token.Scope != "x y" || token.Expires.IsZero() {
				t.Errorf("got %+v", *token)
			}
			if token, err := c.Refresh(t.Context(), ""); err == nil || token != nil {
				t.Errorf("without a refresh token: got %v, %v", token, err)
			}
		})
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		want   bool
	}{
		{http.StatusBadRequest, `{"error":"invalid_grant","error_description":"r3fresh"}`, true},
		{http.StatusUnauthorized, `{"error":"invalid_grant"}`, true},
		{http.StatusOK, `{"error":"bad_refresh_token"}`, true},
		{http.StatusServiceUnavailable, `{"error":"invalid_grant"}`, false},
		{http.StatusBadRequest, `{"error":"invalid_client"}`, false},
		{http.StatusBadRequest, `{"error":"invalid_request"}`, false},
		{http.StatusBadRequest, ``, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			io.WriteString(w, tc.body)
		}))
		t.Cleanup(server.Close)
		_, err := (&oauth2.Client{ID: "app", TokenURL: server.URL, HTTP: server.Client()}).Refresh(t.Context(),
			"r3fresh")
		refusal, ok := errors.AsType[*oauth2.Error](err)
		if !ok || refusal.Revoked() != tc.want || strings.Contains(err.Error(), "r3fresh") {
			t.Errorf("%d %s: got %v", tc.status, tc.body, err)
		}
	}
}
