package oauth2_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/outbound"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	secret   = "s3cr3t: &!'()*~%/+é"
)

var now = time.Date(2026, 5, 4, 3, 2, 1, 999, time.UTC)

// newClient returns a client of a server that answers with handler.
func newClient(t *testing.T, handler http.HandlerFunc) *oauth2.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &oauth2.Client{
		ID: "client 1", Secret: secret,
		AuthorizationURL: server.URL + "/authorize",
		TokenURL:         server.URL + "/token",
		RedirectURI:      "https://app.example/api/auth/callback/x",
		HTTP:             outbound.Client(true),
		Now:              func() time.Time { return now },
	}
}

// answer returns a handler that always sends this response.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// The vector of RFC 7636, Appendix B. RFC 9700, Section 2.1.1: every request has an S256 challenge.
func TestAuthorizationRequestHasTheChallenge(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/rfc7636-appendix-b.json")
	if err != nil {
		t.Fatal(err)
	}
	var vector struct{ Verifier, Challenge string }
	if err := json.Unmarshal(raw, &vector); err != nil {
		t.Fatal(err)
	}
	c := oauth2.Client{
		ID: "id", AuthorizationURL: "https://idp.example/authorize", RedirectURI: "https://app.example/cb",
	}
	got, err := c.AuthorizationRequest("st", vector.Verifier, "")
	want := "https://idp.example/authorize?client_id=id&code_challenge=" + vector.Challenge +
		"&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&state=st"
	if err != nil || got != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

func TestAuthorizationRequestKeepsItsOwnParameters(t *testing.T) {
	t.Parallel()
	c := oauth2.Client{
		ID: "id", Secret: secret,
		AuthorizationURL: "https://idp.example/authorize?tenant=7&client_id=other&state=theirs" +
			"&request_uri=urn:theirs&dpop_jkt=x",
		RedirectURI: "https://app.example/cb", Scopes: []string{"openid", "email"},
		Params: url.Values{
			"prompt": {"consent"}, "response_type": {"token"}, "client_id": {"evil"},
			"redirect_uri": {"https://evil.example"}, "scope": {"admin"}, "state": {"x"}, "nonce": {"x"},
			"code_challenge": {"x"}, "code_challenge_method": {"plain"}, "request": {"x"},
			"request_uri": {"x"}, "client_secret": {"x"},
		},
	}
	raw, err := c.AuthorizationRequest("st", verifier, "no")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"tenant": {"7"}, "prompt": {"consent"}, "response_type": {"code"}, "client_id": {"id"},
		"redirect_uri": {"https://app.example/cb"}, "scope": {"openid email"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge":        {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
		"code_challenge_method": {"S256"},
	}
	if got := u.Query(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(c.Params["scope"]) != 1 || c.Params.Get("state") != "x" {
		t.Error("Params were changed")
	}
}

func TestAuthorizationRequestWithoutStateOrVerifierIsAnError(t *testing.T) {
	t.Parallel()
	c := oauth2.Client{ID: "id", AuthorizationURL: "https://idp.example/authorize"}
	for _, in := range [][2]string{
		{"", verifier}, {"st", ""}, {"st", verifier[:42]}, {"st", strings.Repeat("v", 129)},
	} {
		if got, err := c.AuthorizationRequest(in[0], in[1], "no"); err == nil || got != "" {
			t.Errorf("state %q, verifier %q: got %q", in[0], in[1], got)
		}
	}
	c.AuthorizationURL = "https://idp.example/%zz"
	if got, err := c.AuthorizationRequest("st", verifier, ""); err == nil {
		t.Errorf("broken endpoint: got %q", got)
	}
}

func TestExchangeSendsTheGrant(t *testing.T) {
	t.Parallel()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("client+1:s3cr3t%3A+%26!'()*~%25%2F%2B%C3%A9"))
	for _, test := range []struct {
		auth, secret, header string
		id, formSecret       string
	}{
		{"", secret, basic, "", ""},
		{oauth2.SecretBasic, secret, basic, "", ""},
		{oauth2.SecretPost, secret, "", "client 1", secret},
		{oauth2.None, secret, "", "client 1", ""},
		{"", "", "", "client 1", ""},
	} {
		t.Run(fmt.Sprintf("%q with secret %t", test.auth, test.secret != ""), func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				got = r
				io.WriteString(w, `{"access_token":"at"}`)
			})
			c.Auth, c.Secret = test.auth, test.secret
			if _, err := c.Exchange(t.Context(), "co+de", verifier); err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"grant_type": {"authorization_code"}, "code": {"co+de"}, "code_verifier": {verifier},
				"redirect_uri": {"https://app.example/api/auth/callback/x"},
			}
			if test.id != "" {
				want.Set("client_id", test.id)
			}
			if test.formSecret != "" {
				want.Set("client_secret", test.formSecret)
			}
			if fmt.Sprint(got.PostForm) != fmt.Sprint(want) || got.URL.RawQuery != "" {
				t.Errorf("form %v and query %q, want %v", got.PostForm, got.URL.RawQuery, want)
			}
			for name, want := range map[string]string{
				"Authorization": test.header, "Accept": "application/json", "User-Agent": "cardea",
				"Content-Type": "application/x-www-form-urlencoded",
			} {
				if got := got.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestExchangeAcceptsWhatVendorsSend(t *testing.T) {
	t.Parallel()
	hour := time.Date(2026, 5, 4, 4, 2, 1, 0, time.UTC)
	for name, test := range map[string]struct {
		body string
		want oauth2.Token
	}{
		"all members": {
			`{"access_token":"at","refresh_token":"rt","token_type":"Bearer","scope":"a b","id_token":"it",` +
				`"session_state":"ss","expires_in":3600}`,
			oauth2.Token{
				Access: "at", Refresh: "rt", Type: "bearer", Scope: "a b", IDToken: "it", SessionState: "ss",
				Expires: hour,
			},
		},
		"no type": {`{"access_token":"at"}`, oauth2.Token{Access: "at", Type: "bearer"}},
		"type null": {
			`{"access_token":"at","token_type":null}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"type empty": {
			`{"access_token":"at","token_type":""}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"lifetime as text": {
			`{"access_token":"at","expires_in":"3600"}`, oauth2.Token{Access: "at", Type: "bearer", Expires: hour},
		},
		"lifetime with a fraction": {
			`{"access_token":"at","expires_in":3600.9}`, oauth2.Token{Access: "at", Type: "bearer", Expires: hour},
		},
		"lifetime zero": {
			`{"access_token":"at","expires_in":0}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"lifetime negative": {
			`{"access_token":"at","expires_in":-5}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"lifetime beyond reason": {
			`{"access_token":"at","expires_in":1e300}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"lifetime not a number": {
			`{"access_token":"at","expires_in":"NaN"}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"lifetime null": {
			`{"access_token":"at","expires_in":null}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"refresh token null": {
			`{"access_token":"at","refresh_token":null}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"scope as list": {
			`{"access_token":"at","scope":["a","b",null,""]}`, oauth2.Token{Access: "at", Type: "bearer", Scope: "a b"},
		},
		"scope with commas": {
			`{"access_token":"at","scope":"repo,gist,"}`,
			oauth2.Token{Access: "at", Type: "bearer", Scope: "repo gist"},
		},
		"scope with commas and spaces": {
			`{"access_token":"at","scope":"a,b c"}`, oauth2.Token{Access: "at", Type: "bearer", Scope: "a,b c"},
		},
		"members that say that there was no error, as text": {
			`{"access_token":"at","errcode":"0","error_code":0,"code":"OK","status":"success","success":true,` +
				`"errors":{}}`,
			oauth2.Token{Access: "at", Type: "bearer"},
		},
		"members that say that there was no error": {
			`{"access_token":"at","errcode":0,"error":{"code":"ok"},"code":200,"status":200,"ok":true,"errors":[]}`,
			oauth2.Token{Access: "at", Type: "bearer"},
		},
		"scope null": {
			`{"access_token":"at","scope":null}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"an error member without error": {
			`{"access_token":"at","error":null}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"empty lists of errors": {
			`{"access_token":"at","error":[],"errors":[],"error_code":false,"errcode":{}}`,
			oauth2.Token{Access: "at", Type: "bearer"},
		},
		"a code and a status that are lists": {
			`{"access_token":"at","code":["x"],"status":["active"]}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
		"an empty error in the response": {
			`{"access_token":"at","error":""}`, oauth2.Token{Access: "at", Type: "bearer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, answer(200, "application/json", test.body))
			got, err := c.Exchange(t.Context(), "code", verifier)
			if err != nil {
				t.Fatal(err)
			}
			if got.Raw["access_token"] != "at" {
				t.Errorf("Raw is %v", got.Raw)
			}
			got.Raw = nil
			if fmt.Sprint(*got) != fmt.Sprint(test.want) {
				t.Errorf("got  %v\nwant %v", *got, test.want)
			}
		})
	}
}

// passport-oauth2 CVE-2021-41580: the body of an error treated as a token.
func TestExchangeRefusesOtherResponses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"html":                   "<!doctype html><title>Sign in</title>",
		"empty":                  "",
		"null":                   "null",
		"an array":               `[{"access_token":"at"}]`,
		"a form":                 "access_token=at&token_type=bearer",
		"two objects":            `{"access_token":"at"}{"access_token":"at"}`,
		"access token null":      `{"access_token":null,"token_type":"bearer"}`,
		"access token missing":   `{"token_type":"bearer","id_token":"it"}`,
		"access token empty":     `{"access_token":""}`,
		"access token a number":  `{"access_token":1}`,
		"access token an object": `{"access_token":{"a":"b"}}`,
		"other case":             `{"ACCESS_TOKEN":"at"}`,
		"type mac":               `{"access_token":"at","token_type":"mac"}`,
		"type DPoP":              `{"access_token":"at","token_type":"DPoP"}`,
		"type a number":          `{"access_token":"at","token_type":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, answer(200, "application/json", body))
			if got, err := c.Exchange(t.Context(), "code", verifier); err == nil || got != nil {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestExchangeReturnsTheErrorCode(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   oauth2.Error
	}{
		"RFC 6749": {
			400, `{"error":"invalid_grant","error_description":"code t0ps3cret is used"}`,
			oauth2.Error{Code: "invalid_grant", Status: 400},
		},
		"error with status 200": {
			200, `{"error":"bad_verification_code","access_token":"at"}`,
			oauth2.Error{Code: "bad_verification_code", Status: 200},
		},
		"error as object": {
			400, `{"error":{"message":"t0ps3cret","code":100}}`, oauth2.Error{Code: "100", Status: 400},
		},
		"error as object with 200": {
			200, `{"error":{"code":100},"access_token":"at"}`, oauth2.Error{Code: "100", Status: 200},
		},
		"error as object, of texts": {
			200, `{"error":{"message":"t0ps3cret","type":"OAuthException"}}`,
			oauth2.Error{Code: "OAuthException", Status: 200},
		},
		"error as number": {
			200, `{"error":100019,"access_token":"at"}`, oauth2.Error{Code: "100019", Status: 200},
		},
		"errcode": {
			200, `{"errcode":40029,"errmsg":"t0ps3cret","access_token":"at"}`, oauth2.Error{Code: "40029", Status: 200},
		},
		"errcode below 0": {
			200, `{"errcode":-1,"errmsg":"t0ps3cret","access_token":"at"}`, oauth2.Error{Code: "-1", Status: 200},
		},
		"errcode beyond numbers": {
			200, `{"errcode":1e999,"access_token":"at"}`, oauth2.Error{Code: "1e999", Status: 200},
		},
		"code": {
			200, `{"code":20003,"msg":"t0ps3cret","access_token":"at"}`, oauth2.Error{Code: "20003", Status: 200},
		},
		"status and message": {
			200, `{"status":400,"message":"t0ps3cret","access_token":"at"}`, oauth2.Error{Code: "400", Status: 200},
		},
		"a list of errors": {
			200, `{"errors":[{"detail":"t0ps3cret"}],"access_token":"at"}`, oauth2.Error{Status: 200},
		},
		"ok false":            {200, `{"ok":false,"access_token":"at"}`, oauth2.Error{Status: 200}},
		"success false":       {200, `{"success":false,"access_token":"at"}`, oauth2.Error{Status: 200}},
		"error true with 200": {200, `{"error":true,"access_token":"at"}`, oauth2.Error{Status: 200}},
		"error is a list":     {200, `{"error":["t0ps3cret"],"access_token":"at"}`, oauth2.Error{Status: 200}},
		"error is a list of objects": {
			200, `{"error":[{"message":"t0ps3cret"}],"access_token":"at"}`, oauth2.Error{Status: 200},
		},
		"error_code is a list":   {201, `{"error_code":["t0ps3cret"],"access_token":"at"}`, oauth2.Error{Status: 201}},
		"errors is true":         {200, `{"errors":true,"access_token":"at"}`, oauth2.Error{Status: 200}},
		"code with a line break": {400, `{"error":"t0ps3cret\nINFO forged"}`, oauth2.Error{Status: 400}},
		"code with a quote":      {400, `{"error":"t0ps3cret\""}`, oauth2.Error{Status: 400}},
		"code not ASCII":         {400, `{"error":"t0ps3creté"}`, oauth2.Error{Status: 400}},
		"code too long": {
			400, `{"error":"t0ps3cret` + strings.Repeat("x", 56) + `"}`, oauth2.Error{Status: 400},
		},
		"code of the maximum length": {
			400, `{"error":"` + strings.Repeat("x", 64) + `"}`,
			oauth2.Error{Code: strings.Repeat("x", 64), Status: 400},
		},
		"html":         {500, `<h1>t0ps3cret</h1>`, oauth2.Error{Status: 500}},
		"unauthorized": {401, `{"error":"invalid_client"}`, oauth2.Error{Code: "invalid_client", Status: 401}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, answer(test.status, "application/json", test.body))
			token, err := c.Exchange(t.Context(), "code", verifier)
			got, ok := errors.AsType[*oauth2.Error](err)
			if !ok || *got != test.want || token != nil {
				t.Errorf("got %v, %v, want %v", token, err, test.want)
			}
			if strings.Contains(fmt.Sprint(err), "t0ps3cret") {
				t.Errorf("the error contains text of the server: %v", err)
			}
		})
	}
}

// The code, the verifier and the secret are sent only to the token endpoint.
func TestExchangeDoesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Store(true)
		io.WriteString(w, `{"access_token":"at"}`)
	}))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := newClient(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, status) })
		c.HTTP = &http.Client{Transport: &http.Transport{}} // which follows redirects
		if token, err := c.Exchange(t.Context(), "code", verifier); err == nil {
			t.Errorf("status %d: got %v", status, token)
		}
	}
	if reached.Load() {
		t.Error("a redirect was followed")
	}
}

// x/oauth2 CVE-2025-22868: the length of responses is limited.
func TestExchangeLimitsTheResponse(t *testing.T) {
	t.Parallel()
	c := newClient(t, answer(200, "application/json", `{"access_token":"`+strings.Repeat("a.", outbound.MaxBody)+`"}`))
	if token, err := c.Exchange(t.Context(), "code", verifier); err == nil || token != nil {
		t.Errorf("got a token of %d bytes, %v", len(token.Access), err)
	}
}

func TestExchangeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	c := newClient(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Exchange(ctx, "code", verifier); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func TestExchangeErrorsContainNoSecret(t *testing.T) {
	t.Parallel()
	endpoints := []string{
		"https://idp.example/%zz", "http://idp.example/?key=s3cr3t", "", "https://127.0.0.1:1/?key=s3cr3t",
	}
	for _, endpoint := range endpoints {
		c := oauth2.Client{ID: "id", Secret: "s3cr3t", TokenURL: endpoint, HTTP: outbound.Client(true)}
		for _, method := range []string{oauth2.SecretBasic, oauth2.SecretPost, "other"} {
			c.Auth = method
			_, err := c.Exchange(t.Context(), "c0de", verifier)
			if err == nil {
				t.Fatalf("%q: no error", endpoint)
			}
			for _, value := range []string{"s3cr3t", "c0de", verifier} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("%q: the error contains %s: %v", endpoint, value, err)
				}
			}
		}
	}
	c := newClient(t, answer(200, "application/json", `{"access_token":"at"}`))
	if token, err := c.Exchange(t.Context(), "", verifier); err == nil {
		t.Errorf("empty code: got %v", token)
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		switch r.URL.Path {
		case "/user":
			io.WriteString(w, `{"id":9007199254740993,"name":"Ann"}`)
		case "/emails":
			io.WriteString(w, `[{"email":"ann@example.com","verified":true}]`)
		case "/denied":
			w.WriteHeader(403)
			io.WriteString(w, `{"id":1}`)
		case "/html":
			io.WriteString(w, "<html>")
		case "/null":
			io.WriteString(w, "null")
		case "/huge":
			io.WriteString(w, `{"id":"`+strings.Repeat("x", outbound.MaxBody)+`"}`)
		}
	})
	base := strings.TrimSuffix(c.TokenURL, "/token")
	headers := map[string]string{
		"Accept": "application/vnd.github+json", "authorization": "Basic eHg=", "X-Api-Key": "k",
	}
	token := &oauth2.Token{Access: "at0ken"}
	body, err := c.Fetch(t.Context(), oauth2.Resource{URL: base + "/user", Headers: headers}, token)
	if err != nil || !strings.Contains(string(body), "9007199254740993") {
		t.Errorf("got %s, %v", body, err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer at0ken", "Accept": "application/vnd.github+json", "X-Api-Key": "k",
		"User-Agent": "cardea",
	} {
		if values := got.Header.Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s is %q, want %q", name, values, want)
		}
	}
	if strings.Contains(got.URL.String(), "at0ken") {
		t.Error("the token is in the URL")
	}
	for _, path := range []string{"/denied", "/huge"} {
		if v, err := c.Fetch(t.Context(), oauth2.Resource{URL: base + path}, token); err == nil || v != nil ||
			strings.Contains(err.Error(), "at0ken") {
			t.Errorf("Fetch %s: got %s, %v", path, v, err)
		}
	}
	broken := &oauth2.Token{Access: "at0ken\r\nX: y"}
	if _, err := c.Fetch(t.Context(), oauth2.Resource{URL: base + "/user"}, broken); err == nil ||
		strings.Contains(err.Error(), "at0ken") {
		t.Errorf("token with a line break: got %v", err)
	}
	if _, err := c.Fetch(t.Context(), oauth2.Resource{URL: "https://idp.example/%zz"}, token); err == nil {
		t.Error("broken URL was fetched")
	}
}
