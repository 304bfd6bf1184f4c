package redact_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/redact"
)

func TestIsName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"access_token": true, "accessToken": true, "refresh-token": true, "id_token": true, "tokens": true,
		"csrfToken": true, "client_secret": true, "ClientSecret": true, "Password": true, "PASSWORD_HASH": true,
		"X-Api-Key": true, "api.key": true, "private_key": true,
		"session_key": true, "code": true, "code_verifier": true,
		"Authorization": true, "Set-Cookie": true, "DSN": true, "client_assertion": true, "credentials": true,
		"token_type": false, "access_token_expires_at": false, "expires_in": false, "country": false, "name": false,
		"sub": false, "email": false, "email_verified": false, "country_code": false, "": false, "monkey": false,
	} {
		if got := redact.IsName(name); got != want {
			t.Errorf("IsName(%q) = %t", name, got)
		}
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	in := map[string]any{
		"name": "Ann", "access_token": "a", "refresh_token": nil, "id_token": "", "pin": json.Number("1"),
		"list":   []any{"x", map[string]any{"password": "p", "id": 1}},
		"secret": map[string]any{"of": "anything"},
	}
	want := map[string]any{
		"name": "Ann", "access_token": redact.Hidden, "refresh_token": nil, "id_token": "", "pin": redact.Hidden,
		"list": []any{"x", map[string]any{"password": redact.Hidden, "id": 1}}, "secret": redact.Hidden,
	}
	if got := redact.Object(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if in["access_token"] != "a" || redact.Object(nil) != nil {
		t.Error("Object changed its argument, or nil")
	}
}

// Hooks of an application put values of its own types into claims.
func TestObjectOfOtherTypes(t *testing.T) {
	t.Parallel()
	type claims map[string]any
	type name string
	in := map[string]any{
		"claims": claims{"access_token": "s3cret", "deep": claims{"list": []claims{{"refresh_token": "s3cret"}}}},
		"texts":  map[string]string{"api_key": "s3cret", "sub": "1"}, "bytes": []byte("ok"),
		"named": map[name][]string{"passwords": {"s3cret"}, "roles": {"a"}},
		"list":  []map[string]any{{"token": "s3cret"}}, "nil map": claims(nil), "nil list": []string(nil), "nil": nil,
		"raw":      json.RawMessage(`{"a":[{"id_token":"s3cret","n":1}]}`),
		"raw list": json.RawMessage(`[{"pin":"s3cret"}]`),
		"broken":   json.RawMessage(`{"token":"s3cret"`),
	}
	out, err := json.Marshal(redact.Object(in))
	if err != nil || strings.Contains(string(out), "s3cret") {
		t.Errorf("got %s, %v", out, err)
	}
	for _, kept := range []string{
		`"sub":"1"`, `"roles":["a"]`, `"n":1`, `"nil map":null`, `"nil list":null`, `"bytes":"b2s="`,
	} {
		if !strings.Contains(string(out), kept) {
			t.Errorf("got %s, want %s", out, kept)
		}
	}
}
