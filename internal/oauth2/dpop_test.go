package oauth2_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

func newProver(t *testing.T) *oauth2.Prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := oauth2.NewProver(key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// claimsOf returns the claims of a JWT without checking its signature.
func claimsOf(t *testing.T, jwt string) (claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is not a JWT", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// RFC 9449 § 4.2: htu is the URL without query and fragment.
func TestProofNamesTheURLWithoutItsQuery(t *testing.T) {
	t.Parallel()
	var proofs []string
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		proofs = append(proofs, r.Header.Get("DPoP"))
		io.WriteString(w, `{"id":7}`)
	})
	c.Prover, c.RequireDPoP = newProver(t), true
	me := strings.TrimSuffix(c.TokenURL, "/token") + "/me"
	token := &oauth2.Token{Access: "at", Type: oauth2.DPoP}
	for _, query := range []string{"?fields=id&secret=s", "?", ""} {
		if _, err := c.Fetch(t.Context(), oauth2.Resource{URL: me + query}, token); err != nil {
			t.Fatal(err)
		}
	}
	for _, proof := range proofs {
		if got := claimsOf(t, proof)["htu"]; got != me {
			t.Errorf("htu is %v, want %s", got, me)
		}
	}
}

// RFC 9449 § 10: the authorization code is bound to the key, too.
func TestAuthorizationRequestNamesTheKey(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for range 2 {
		c := oauth2.Client{
			ID: "id", AuthorizationURL: "https://idp.example/authorize", Prover: newProver(t), RequireDPoP: true,
			Params: url.Values{"dpop_jkt": {"x"}},
		}
		raw, err := c.AuthorizationRequest("state", verifier, "")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		values := u.Query()["dpop_jkt"]
		if len(values) != 1 {
			t.Fatalf("the request is %s", raw)
		}
		keys[values[0]] = true
	}
	if len(keys) != 2 || keys[""] || keys["x"] {
		t.Errorf("the keys of two clients are %v", keys)
	}
}

// RFC 9449 § 7.1: a bound token is sent in the header Authorization.
func TestBoundTokenIsSentInTheHeaderOnly(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
	c.Prover, c.RequireDPoP = newProver(t), true
	server := strings.TrimSuffix(c.TokenURL, "/token")
	for name, r := range map[string]oauth2.Resource{
		"in the path":    {URL: server + "/t/{access_token}"},
		"in the query":   {URL: server + "/me?access_token={access_token}"},
		"as bearer":      {URL: server + "/me", Headers: map[string]string{"Authorization": "Bearer {access_token}"}},
		"another header": {URL: server + "/me", Headers: map[string]string{"X-Token": "{access_token}"}},
	} {
		if body, err := c.Fetch(t.Context(), r, &oauth2.Token{Access: "at", Type: oauth2.DPoP}); err == nil {
			t.Errorf("%s: got %s", name, body)
		}
	}
}

// A server may send a nonce with any response. The request is repeated only for a new nonce, and
// only once.
func TestProofIsRepeatedOnce(t *testing.T) {
	t.Parallel()
	const wants, other = `{"error":"use_dpop_nonce"}`, `{"error":"invalid_grant"}`
	for _, tc := range []struct {
		name, body string
		nonces     []string // of the responses
		want       int      // requests
	}{
		{"for a nonce", wants, []string{"n1"}, 2},
		{"for a nonce each time", wants, []string{"n1", "n2", "n3", "n4"}, 2},
		{"for another reason", other, []string{"n1", "n2"}, 1},
		{"without a nonce", wants, []string{""}, 1},
		{"for a nonce that is too long", wants, []string{strings.Repeat("n", 1025)}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				nonce, _ := claimsOf(t, r.Header.Get("DPoP"))["nonce"].(string)
				if want := append([]string{""}, tc.nonces...)[requests]; nonce != want {
					t.Errorf("request %d has the nonce %q, want %q", requests, nonce, want)
				}
				w.Header().Set("DPoP-Nonce", tc.nonces[min(requests, len(tc.nonces)-1)])
				requests++
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, tc.body)
			})
			c.Prover, c.RequireDPoP = newProver(t), true
			if token, err := c.Exchange(t.Context(), "code", verifier); err == nil || requests != tc.want {
				t.Errorf("got %v, %v after %d requests, want %d", token, err, requests, tc.want)
			}
		})
	}
}

// The nonce of one server is not sent to another one.
func TestNonceIsForItsServer(t *testing.T) {
	t.Parallel()
	seen := map[string]any{}
	server := func(name string) *oauth2.Client {
		return newClient(t, func(w http.ResponseWriter, r *http.Request) {
			seen[name] = claimsOf(t, r.Header.Get("DPoP"))["nonce"]
			w.Header().Set("DPoP-Nonce", "of the "+name)
			io.WriteString(w, `{"access_token":"at","token_type":"DPoP"}`)
		})
	}
	first, second := server("first"), server("second")
	first.Prover, first.RequireDPoP = newProver(t), true
	second.Prover, second.RequireDPoP = first.Prover, true
	for _, c := range []*oauth2.Client{first, second, first, second} {
		if _, err := c.Exchange(t.Context(), "code", verifier); err != nil {
			t.Fatal(err)
		}
	}
	for name, nonce := range seen {
		if nonce != "of the "+name {
			t.Errorf("the %s server got the nonce %v", name, nonce)
		}
	}
}
