package authjs_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

func TestAccessorsOfClaims(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                          string
		claims                        authjs.Claims
		subject, user, email, picture string
	}{
		{"nil", nil, "", "", "", ""},
		{"text", ada, "user-1", "Ada Lovelace", "ada@example.com", "https://example.com/a.png"},
		{"null", authjs.Claims{"sub": nil, "name": nil, "email": nil, "picture": nil}, "", "", "", ""},
		{"numbers", authjs.Claims{"sub": json.Number("9007199254740993"), "name": json.Number("1"), "email": 1.0,
			"picture": true}, "9007199254740993", "", "", ""},
		{"large number", authjs.Claims{"sub": 1e15}, "1000000000000000", "", "", ""},
		{"int", authjs.Claims{"sub": 42}, "42", "", "", ""},
		{"int64", authjs.Claims{"sub": int64(math.MaxInt64)}, "9223372036854775807", "", "", ""},
		{"neither text nor number", authjs.Claims{"sub": []any{"user-1"}, "name": map[string]any{}}, "", "", "", ""},
		{"exact names only", authjs.Claims{"SUB": "user-1", "Name": "Ada"}, "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := tt.claims
			got := [4]string{c.Subject(), c.Name(), c.Email(), c.Picture()}
			if want := [4]string{tt.subject, tt.user, tt.email, tt.picture}; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestVerifiedEmailOfClaims(t *testing.T) {
	t.Parallel()
	const a, b = "a@example.com", "b@example.com"
	for name, tt := range map[string]struct {
		claims authjs.Claims
		want   string
	}{
		"nil":                   {nil, ""},
		"verified":              {authjs.Claims{"email": a, "verified_email": a}, a},
		"of Auth.js":            {ada, ""},
		"changed afterwards":    {authjs.Claims{"email": b, "verified_email": a}, ""},
		"removed afterwards":    {authjs.Claims{"verified_email": a}, ""},
		"another spelling":      {authjs.Claims{"email": "A@example.com", "verified_email": a}, ""},
		"a boolean":             {authjs.Claims{"email": a, "verified_email": true}, ""},
		"of OpenID Connect":     {authjs.Claims{"email": a, "email_verified": true}, ""},
		"numbers":               {authjs.Claims{"email": json.Number("1"), "verified_email": json.Number("1")}, ""},
		"empty":                 {authjs.Claims{"email": "", "verified_email": ""}, ""},
		"the name is not exact": {authjs.Claims{"email": a, "Verified_Email": a}, ""},
	} {
		if got := tt.claims.VerifiedEmail(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestExpiresOfClaims(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0).UTC()
	end := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, tt := range []struct {
		name string
		exp  any
		want time.Time
	}{
		{"missing", nil, time.Time{}},
		{"text", "1800000000", time.Time{}},
		{"number", json.Number("1800000000"), at},
		{"fraction", json.Number("1800000000.9"), at},
		{"exponent", json.Number("1.8e9"), at},
		{"float64", 1.8e9, at},
		{"int", 1_800_000_000, at},
		{"int64", int64(1_800_000_000), at},
		{"beyond any date", json.Number("1e300"), end},
		{"beyond any number", json.Number("1e400"), end},
		{"before any date", json.Number("-1e300"), time.Unix(0, 0).UTC()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := (authjs.Claims{"exp": tt.exp}).Expires(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

type member struct {
	ID    string   `json:"sub"`
	Email string   `json:"email"`
	Roles []string `json:"roles"`
	Team  struct {
		Number int64 `json:"number"`
	} `json:"team"`
}

func TestAs(t *testing.T) {
	t.Parallel()
	got, err := authjs.As[member](authjs.Claims{
		"sub": "user-1", "email": nil, "roles": []any{"admin"},
		"team": map[string]any{"number": json.Number("9007199254740993")}, "exp": json.Number("1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &member{ID: "user-1", Roles: []string{"admin"}}
	want.Team.Number = 9007199254740993
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	m, err := authjs.As[map[string]any](authjs.Claims{"sub": json.Number("9007199254740993")})
	if err != nil || (*m)["sub"] != json.Number("9007199254740993") {
		t.Errorf("got %v, %v", m, err)
	}
	if got, err := authjs.As[member](nil); got != nil || !errors.Is(err, authjs.ErrNoSession) {
		t.Errorf("of nil: got %v, %v", got, err)
	}
	if got, err := authjs.As[member](authjs.Claims{}); err != nil || !reflect.DeepEqual(got, &member{}) {
		t.Errorf("of no claims: got %v, %v", got, err)
	}
}

// The error names the claim, but not its value, which may be an address or a token.
func TestAsMismatch(t *testing.T) {
	t.Parallel()
	const private = "ada@example.com"
	type joined struct {
		Since time.Time `json:"since"`
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"text for a list", second(authjs.As[member](authjs.Claims{"sub": "user-1", "roles": private})),
			"authjs: claims as authjs_test.member: claim roles does not fit []string"},
		{"too large a number", second(authjs.As[member](authjs.Claims{
			"team": map[string]any{"number": json.Number("12345678901234567890")},
		})),
			"authjs: claims as authjs_test.member: claim team.number does not fit int64"},
		{"not a time", second(authjs.As[joined](authjs.Claims{"since": private})),
			"authjs: claims as authjs_test.joined: they do not fit"},
		{"not a struct", second(authjs.As[string](authjs.Claims{"since": private})),
			"authjs: claims as string: they do not fit"},
		{"not JSON", second(authjs.As[member](authjs.Claims{"sub": json.Number(private)})),
			"authjs: claims as authjs_test.member: they are not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.err == nil || tt.err.Error() != tt.want || strings.Contains(tt.err.Error(), private) {
				t.Errorf("got %v, want %s", tt.err, tt.want)
			}
		})
	}
}

// second returns the error of As, and another error if As also returned a value.
func second[T any](v *T, err error) error {
	if v != nil {
		return errors.New("a value came with the error")
	}
	return err
}
