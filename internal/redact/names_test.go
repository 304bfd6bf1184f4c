package redact_test

import (
	"encoding/json"
	"reflect"
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
