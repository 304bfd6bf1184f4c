package oidc

import (
	"fmt"
	"testing"
)

type claims = map[string]any

func TestMerge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ idToken, userinfo, want claims }{
		"userinfo adds and replaces": {
			claims{"sub": "1", "name": "old", "iss": "i"}, claims{"sub": "1", "name": "new", "picture": "p"},
			claims{"sub": "1", "name": "new", "iss": "i", "picture": "p"},
		},
		"claims that describe the ID token stay": {
			claims{"sub": "1", "iss": "i", "nonce": "n", "exp": 1},
			claims{"sub": "1", "iss": "x", "nonce": "x", "exp": 9, "aud": "x", "amr": "x"},
			claims{"sub": "1", "iss": "i", "nonce": "n", "exp": 1},
		},
		"another address is not verified by the ID token": {
			claims{"sub": "1", "email": "a", "email_verified": true}, claims{"sub": "1", "email": "b"},
			claims{"sub": "1", "email": "b"},
		},
		"another number is not verified by the ID token": {
			claims{"sub": "1", "phone_number": "+1", "phone_number_verified": true},
			claims{"sub": "1", "phone_number": "+2"},
			claims{"sub": "1", "phone_number": "+2"},
		},
		"no address is not verified by the ID token": {
			claims{"sub": "1", "email": "a", "email_verified": true}, claims{"sub": "1", "email": nil},
			claims{"sub": "1", "email": nil},
		},
		"an address that cannot be compared is not verified by the ID token": {
			claims{"sub": "1", "email": []any{"a"}, "email_verified": true}, claims{"sub": "1", "email": []any{"a"}},
			claims{"sub": "1", "email": []any{"a"}},
		},
		"the same address stays verified": {
			claims{"sub": "1", "email": "a", "email_verified": true}, claims{"sub": "1", "email": "a"},
			claims{"sub": "1", "email": "a", "email_verified": true},
		},
		"userinfo verifies its own address": {
			claims{"sub": "1", "email": "a"}, claims{"sub": "1", "email": "b", "email_verified": true},
			claims{"sub": "1", "email": "b", "email_verified": true},
		},
		"userinfo does not verify the ID token's address": {
			claims{"sub": "1", "email": "a", "email_verified": false}, claims{"sub": "1", "email_verified": true},
			claims{"sub": "1", "email": "a", "email_verified": false},
		},
	} {
		before := fmt.Sprint(test.idToken, test.userinfo)
		got, err := Merge(test.idToken, test.userinfo)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
		if after := fmt.Sprint(test.idToken, test.userinfo); after != before {
			t.Errorf("%s: changed %s to %s", name, before, after)
		}
	}
}

func TestMergeRefusesAnotherPerson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ idToken, userinfo claims }{
		{claims{"sub": "1"}, claims{"sub": "2"}},
		{claims{"sub": "1"}, claims{}},
		{claims{"sub": "1"}, claims{"sub": nil}},
		{claims{"sub": "1"}, claims{"sub": 1}},
		{claims{"sub": ""}, claims{"sub": ""}},
		{claims{}, claims{}},
		{nil, nil},
	} {
		if got, err := Merge(test.idToken, test.userinfo); err == nil || got != nil {
			t.Errorf("Merge(%v, %v) = %v, %v", test.idToken, test.userinfo, got, err)
		}
	}
}
