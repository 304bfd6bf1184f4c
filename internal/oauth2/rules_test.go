package oauth2_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// exchange exchanges a code at a server with these rules. It returns the result, and the request
// that the server got.
func exchange(
	t *testing.T, rules oauth2.Rules, auth, body string,
) (token *oauth2.Token, got *http.Request, sent string, err error) {
	t.Helper()
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		got, sent = r, string(content)
		io.WriteString(w, body)
	})
	c.Rules, c.Auth, c.Secret = rules, auth, "s3cret"
	token, err = c.Exchange(t.Context(), "the code", verifier)
	return token, got, sent, err
}

func TestTokenRequestByGet(t *testing.T) {
	t.Parallel()
	rules := oauth2.Rules{
		Method: http.MethodGet, Names: map[string]string{"client_id": "appid", "client_secret": "secret"},
	}
	_, got, sent, err := exchange(t, rules, oauth2.SecretPost, `{"access_token":"at"}`)
	if err != nil {
		t.Fatal(err)
	}
	q := got.URL.Query()
	if got.Method != http.MethodGet || sent != "" || got.Header.Get("Content-Type") != "" ||
		got.Header.Get("Authorization") != "" {
		t.Errorf("%s with the body %q and headers %v", got.Method, sent, got.Header)
	}
	want := url.Values{
		"appid": {"client 1"}, "secret": {"s3cret"}, "code": {"the code"}, "grant_type": {"authorization_code"},
		"code_verifier": {verifier}, "redirect_uri": {"https://app.example/api/auth/callback/x"},
	}
	if q.Encode() != want.Encode() {
		t.Errorf("query %v, want %v", q, want)
	}
}

func TestTokenRequestAsJSON(t *testing.T) {
	t.Parallel()
	rules := oauth2.Rules{
		JSON: true, Envelope: "data", Headers: map[string]string{
			"Notion-Version": "2022-06-28", "authorization": "Basic eHg=", "content-type": "text/plain",
		},
		Names: map[string]string{
			"client_id": "clientId", "grant_type": "grantType", "access_token": "accessToken", "expires_in": "expireIn",
		},
		Params: url.Values{"v": {"5"}, "code": {"another code"}, "list": {"a", "b"}},
	}
	token, got, sent, err := exchange(t, rules, oauth2.SecretPost,
		`{"code":0,"data":{"accessToken":"at","expireIn":"7200","corpId":"c"}}`)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(sent), &body); err != nil {
		t.Fatalf("%v: %s", err, sent)
	}
	for name, want := range map[string]string{
		"clientId": "client 1", "client_secret": "s3cret", "grantType": "authorization_code", "code": "the code",
		"v": "5",
	} {
		if body[name] != want {
			t.Errorf("%s is %v, want %q", name, body[name], want)
		}
	}
	if _, ok := body["list"].([]any); !ok || body["client_id"] != nil {
		t.Errorf("body %s", sent)
	}
	if got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Notion-Version") != "2022-06-28" ||
		got.Header.Get("Authorization") != "" {
		t.Errorf("headers %v", got.Header)
	}
	if token.Access != "at" || token.Expires.IsZero() || token.Raw["corpId"] != "c" || token.Raw["accessToken"] != nil {
		t.Errorf("token %+v", token)
	}
}

// An error response may be beside the envelope, in it, or instead of it.
func TestEnvelopeOfAnErrorResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"beside":  `{"errcode":7,"data":{"access_token":"at"}}`,
		"inside":  `{"data":{"error_code":7,"access_token":"at"}}`,
		"list":    `{"data":{"error":["x"],"access_token":"at"}}`,
		"instead": `{"access_token":"at"}`,
		"a list":  `{"data":[{"access_token":"at"}]}`,
		"null":    `{"data":null,"access_token":"at"}`,
	} {
		if token, _, _, err := exchange(t, oauth2.Rules{Envelope: "data"}, oauth2.SecretPost, body); err == nil ||
			token != nil {
			t.Errorf("%s: got %v, %v", name, token, err)
		}
	}
}

func TestParseTokenResponse(t *testing.T) {
	t.Parallel()
	c := &oauth2.Client{}
	if token, err := c.ParseTokenResponse(map[string]any{"access_token": "at", "scope": "a,b"}); err != nil ||
		token.Access != "at" || token.Scope != "a b" {
		t.Errorf("got %+v, %v", token, err)
	}
	for _, raw := range []map[string]any{
		nil, {"error": "invalid_grant", "access_token": "at"}, {"access_token": ""},
		{"access_token": "at", "token_type": "mac"},
	} {
		if token, err := c.ParseTokenResponse(raw); err == nil || token != nil {
			t.Errorf("%v: got %v, %v", raw, token, err)
		}
	}
}

func TestSecretMadeForEachRequest(t *testing.T) {
	t.Parallel()
	var form url.Values
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.PostForm
		io.WriteString(w, `{"access_token":"at"}`)
	})
	c.Secret, c.Auth = "", oauth2.SecretPost
	c.MakeSecret = func(context.Context) (string, error) { return "made", nil }
	if _, err := c.Exchange(t.Context(), "code", verifier); err != nil || form.Get("client_secret") != "made" {
		t.Errorf("sent %v, %v", form, err)
	}
	form = nil
	c.MakeSecret = func(context.Context) (string, error) { return "", errors.New("no key") }
	if _, err := c.Exchange(t.Context(), "code", verifier); err == nil || form != nil ||
		!strings.Contains(err.Error(), "no key") {
		t.Errorf("without a key: sent %v, %v", form, err)
	}
	c.MakeSecret = func(context.Context) (string, error) { return "", nil }
	if _, err := c.Exchange(t.Context(), "code", verifier); err == nil || form != nil {
		t.Errorf("an empty secret: sent %v, %v", form, err)
	}
}

func TestAuthorizationRequestOfOddVendors(t *testing.T) {
	t.Parallel()
	c := &oauth2.Client{
		ID: "id", AuthorizationURL: "https://idp.example/a", IDParam: "appid", SkipPKCE: true,
		Fragment: "wechat_redirect",
		Scopes:   []string{"a", "b"}, ScopeSeparator: ",",
	}
	to, err := c.AuthorizationRequest("state", "", "")
	const want = "https://idp.example/a?appid=id&redirect_uri=&response_type=code&scope=a%2Cb&state=state" +
		"#wechat_redirect"
	if err != nil || to != want {
		t.Errorf("got %s, %v, want %s", to, err, want)
	}
	c.SkipPKCE = false
	if to, err := c.AuthorizationRequest("state", "", ""); err == nil {
		t.Errorf("no verifier: got %s", to)
	}
}

func TestResource(t *testing.T) {
	t.Parallel()
	token := &oauth2.Token{
		Access: "at/0 &", Raw: map[string]any{
			"access_token": "x", "user_id": json.Number("9007199254740993"), "team": map[string]any{"id": "T 1"},
			"dots": "..", "dot": ".", "object": map[string]any{},
		},
	}
	for name, test := range map[string]struct {
		resource                       oauth2.Resource
		method, uri, authorization, in string
	}{
		"bearer": {oauth2.Resource{URL: "/me"}, "GET", "/me", "Bearer at/0 &", ""},
		"POST without a body": {
			oauth2.Resource{URL: "/me", Method: "POST"}, "POST", "/me", "Bearer at/0 &", "",
		},
		"GraphQL": {
			oauth2.Resource{URL: "/me", JSON: map[string]any{"query": "{me{id}}"}}, "POST", "/me", "Bearer at/0 &",
			`{"query":"{me{id}}"}`,
		},
		"members in the path": {
			oauth2.Resource{URL: "/{team.id}/{user_id}/"}, "GET", "/T%201/9007199254740993/", "Bearer at/0 &", "",
		},
		"token in the path": {oauth2.Resource{URL: "/t/{access_token}"}, "GET", "/t/at%2F0%20&", "", ""},
		"token in the query": {
			oauth2.Resource{URL: "/me?access_token={access_token}&id={user_id}"}, "GET",
			"/me?access_token=at%2F0+%26&id=9007199254740993", "", "",
		},
		"token in the path, and a header": {
			oauth2.Resource{URL: "/t/{access_token}", Headers: map[string]string{"X-Version": "1"}}, "GET",
			"/t/at%2F0%20&", "", "",
		},
		"another scheme": {
			oauth2.Resource{URL: "/me", Headers: map[string]string{"authorization": "OAuth {access_token}"}}, "GET",
			"/me", "OAuth at/0 &", "",
		},
		"another header": {
			oauth2.Resource{URL: "/me", Headers: map[string]string{"X-Token": "{access_token}"}}, "GET", "/me", "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body string
			c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				content, _ := io.ReadAll(r.Body)
				got, body = r, string(content)
				io.WriteString(w, "ok")
			})
			r := test.resource
			r.URL = strings.TrimSuffix(c.TokenURL, "/token") + r.URL
			if answer, err := c.Fetch(t.Context(), r, token); err != nil || string(answer) != "ok" {
				t.Fatalf("got %s, %v", answer, err)
			}
			if got.Method != test.method || got.RequestURI != test.uri ||
				got.Header.Get("Authorization") != test.authorization || body != test.in {
				t.Errorf("%s %s with %q and body %q", got.Method, got.RequestURI, got.Header.Get("Authorization"), body)
			}
		})
	}
	c := newClient(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
	for _, path := range []string{"/{nobody}", "/{dots}", "/{dot}", "/{object}", "/{team}", "/?a={team.name}"} {
		if body, err := c.Fetch(t.Context(), oauth2.Resource{URL: strings.TrimSuffix(c.TokenURL, "/token") + path},
			token); err == nil {
			t.Errorf("%s: got %s", path, body)
		}
	}
}
