package authjs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

// nodeSecret is the secret of all vectors.
const nodeSecret = "interop-secret-0123456789abcdef"

// century is how long the sessions of the vectors last.
const century = 3155760000 * time.Second

// vectors were made by next-auth 4.24.15 and @auth/core 0.41.3, which also read them. Extra has one
// that the npm package jose made as the betas of Auth.js did. Negative has what the two packages
// refuse.
type vectors struct {
	GeneratedAt    time.Time
	Vectors, Extra []vector
	Negative       []struct{ ID, Token, Secret, Salt, Decoder, Result string }
}

type vector struct {
	ID, Kind, Version, Token string
	Inputs                   struct {
		Salt, OuterSalt, InnerSalt string
		DecodeSecrets              []string
		Claims                     authjs.Claims
	}
	Expected struct {
		ProtectedHeader                  map[string]string
		Claims, OuterClaims, InnerClaims authjs.Claims
		Cookies                          map[string]string
		CookieValue, StoredToken         string
	}
	Cases []vector
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("../testdata/authjs-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v vectors
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// at runs a test as if it were that time.
func at(t *testing.T, when time.Time, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(when))
		test(t)
	})
}

func versionOf(s string) authjs.Version {
	if strings.HasPrefix(s, "v4") {
		return authjs.VersionV4
	}
	return authjs.VersionV5
}

// cookieOf returns the name of the cookie for a token with that salt. In v5 it is the salt.
func cookieOf(version authjs.Version, salt string) string {
	if version == authjs.VersionV4 {
		return "next-auth.session-token"
	}
	return salt
}

func TestVectors(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	kinds := map[string]int{}
	for _, v := range append(file.Vectors, file.Extra...) {
		kinds[v.Kind]++
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			at(t, file.GeneratedAt, func(t *testing.T) {
				switch v.Kind {
				case "jwe-decode":
					testSession(t, v)
				case "jwe-nested":
					testNested(t, v)
				case "cookie-chunks":
					testChunks(t, v)
				case "csrf", "verification-token":
					testNoSession(t, v)
				default:
					t.Errorf("kind %s is not tested", v.Kind)
				}
			})
		})
	}
	want := map[string]int{"jwe-decode": 6, "jwe-nested": 1, "cookie-chunks": 1, "csrf": 2, "verification-token": 1}
	if !maps.Equal(kinds, want) {
		t.Errorf("the file has %v, want %v", kinds, want)
	}
}

// testSession reads a session and writes it again.
func testSession(t *testing.T, v vector) {
	version := versionOf(v.ID)
	name := cookieOf(version, v.Inputs.Salt)
	if v.ID == "v4-check-cookie" {
		// NextAuth CVE-2023-48309: it is from the cookie of a sign-in, not of a session.
		s := newSessions(t, authjs.Config{Secret: nodeSecret, Version: version})
		wantError(t, s, request(name+"="+v.Token), authjs.ErrInvalid)
		return
	}
	secrets := append(v.Inputs.DecodeSecrets, nodeSecret)
	s := newSessions(t, authjs.Config{Secret: secrets[0], PreviousSecrets: secrets[1:], Version: version})
	claims, err := s.Read(request(name + "=" + v.Token))
	if err != nil || !reflect.DeepEqual(claims, v.Expected.Claims) {
		t.Fatalf("got %v, %v, want %v", claims, err, v.Expected.Claims)
	}
	if want := time.Unix(4951114963, 0); claims.Subject() != v.Expected.Claims["sub"] || !claims.Expires().Equal(want) {
		t.Errorf("subject %s, expires %v, want %v and %v", claims.Subject(), claims.Expires(), v.Expected.Claims["sub"],
			want)
	}
	if v.ID != "v5-accepts-a256gcm-without-kid" {
		testWritten(t, v, authjs.Config{Secret: nodeSecret, Version: version, CookieName: name, MaxAge: century})
	}
}

// testWritten writes the session that Node has written: with the same header, and the same claims
// except for the ID.
func testWritten(t *testing.T, v vector, c authjs.Config) {
	token := sealed(t, c, v.Inputs.Claims)
	encoded, _, _ := strings.Cut(token, ".")
	protected, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]string
	if err := json.Unmarshal(protected, &header); err != nil || !maps.Equal(header, v.Expected.ProtectedHeader) {
		t.Errorf("header %s, want %v", protected, v.Expected.ProtectedHeader)
	}
	claims, err := newSessions(t, c).Read(request(c.CookieName + "=" + token))
	if err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(v.Expected.Claims)
	if claims["jti"] == want["jti"] || len(token) != len(v.Token) {
		t.Errorf("a token of %d bytes with the id %v, want one of %d bytes with another", len(token), claims["jti"],
			len(v.Token))
	}
	want["jti"] = claims["jti"]
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("wrote %v, want %v", claims, want)
	}
}

// testNested decrypts a state, which is encrypted twice, with salts that are not those of sessions.
func testNested(t *testing.T, v vector) {
	wantError(t, newSessions(t, authjs.Config{Secret: nodeSecret}), request(plain+"="+v.Token), authjs.ErrInvalid)
	read := func(salt, token string) (authjs.Claims, error) {
		s := newSessions(t, authjs.Config{Secret: nodeSecret, CookieName: salt})
		return s.Read(request(salt + "=" + token))
	}
	outer, err := read(v.Inputs.OuterSalt, v.Token)
	if err != nil || !reflect.DeepEqual(outer, v.Expected.OuterClaims) {
		t.Fatalf("outer: got %v, %v, want %v", outer, err, v.Expected.OuterClaims)
	}
	value, _ := outer["value"].(string)
	inner, err := read(v.Inputs.InnerSalt, value)
	if err != nil || !reflect.DeepEqual(inner, v.Expected.InnerClaims) {
		t.Errorf("inner: got %v, %v, want %v", inner, err, v.Expected.InnerClaims)
	}
}

// testChunks reads sessions that are split into cookies, in any order, and writes them into as many
// cookies of the same lengths.
func testChunks(t *testing.T, v vector) {
	if len(v.Cases) != 2 {
		t.Errorf("%d sessions are tested, want 2", len(v.Cases))
	}
	for _, v := range v.Cases {
		s := newSessions(t, authjs.Config{
			Secret: nodeSecret, Version: versionOf(v.Version), InsecureCookies: true, MaxAge: century,
		})
		r := request("")
		for name, value := range v.Expected.Cookies {
			r.Header.Set("Cookie", name+"="+value+"; "+r.Header.Get("Cookie"))
		}
		claims, err := s.Read(r)
		if err != nil || claims.Subject() != "1" || claims["blob"] != strings.Repeat("x", 6000) {
			t.Fatalf("%s: got %.100v, %v", v.Version, claims, err)
		}
		w := httptest.NewRecorder()
		if err := s.Write(w, request(""), claims); err != nil {
			t.Fatal(err)
		}
		written := w.Result().Cookies()
		if len(written) != len(v.Expected.Cookies) {
			t.Errorf("%s: wrote %d cookies, want %d", v.Version, len(written), len(v.Expected.Cookies))
		}
		for _, c := range written {
			if got, want := len(c.Value), len(v.Expected.Cookies[c.Name]); got != want {
				t.Errorf("%s: wrote %d bytes, want %d", c.Name, got, want)
			}
		}
	}
}

// testNoSession puts values of other cookies, and stored tokens, into the cookie of a session.
func testNoSession(t *testing.T, v vector) {
	for _, v := range append(v.Cases, v) {
		value := v.Expected.CookieValue + v.Expected.StoredToken
		if value == "" {
			continue
		}
		for _, version := range []authjs.Version{authjs.VersionV5, authjs.VersionV4} {
			s := newSessions(t, authjs.Config{Secret: nodeSecret, Version: version})
			wantError(t, s, request(cookieOf(version, plain)+"="+value), authjs.ErrInvalid)
		}
	}
}

func TestVectorsThatNodeRefuses(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	if len(file.Negative) != 6 {
		t.Errorf("%d tokens are tested, want 6", len(file.Negative))
	}
	for _, v := range file.Negative {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			at(t, file.GeneratedAt, func(t *testing.T) {
				want := authjs.ErrInvalid
				if v.Result == "ERR_JWT_EXPIRED" {
					want = authjs.ErrExpired
				}
				version := versionOf(v.Decoder)
				s := newSessions(t, authjs.Config{Secret: v.Secret, Version: version, Bearer: true})
				wantError(t, s, request(cookieOf(version, v.Salt)+"="+v.Token), want)
				if v.ID == "neg-v5-wrong-salt" {
					return // a bearer token has no name that could be wrong
				}
				r := request("")
				r.Header.Set("Authorization", "Bearer "+v.Token)
				wantError(t, s, r, want)
			})
		})
	}
}
