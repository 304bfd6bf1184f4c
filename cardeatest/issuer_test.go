package cardeatest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/go-jose/go-jose/v4"
)

const (
	redirectURI = "https://app.example/callback"
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, Appendix B
	challenge   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// browser does not follow redirects, so that a test sees them.
var browser = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true},
}

func authorization(i *cardeatest.Issuer, more ...string) url.Values {
	q := url.Values{
		"response_type": {"code"}, "client_id": {i.ClientID}, "redirect_uri": {redirectURI},
		"scope": {"openid profile email"}, "state": {"st4te"}, "nonce": {"n0nce"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for n := 0; n < len(more); n += 2 {
		q.Set(more[n], more[n+1])
	}
	return q
}

func authorize(t *testing.T, i *cardeatest.Issuer, q url.Values) *http.Response {
	t.Helper()
	resp, err := browser.Get(i.URL + "/authorize?" + q.Encode())
	if err != nil {
		t.Error(err)
		return &http.Response{Body: http.NoBody}
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// callback returns the parameters of the redirect to the client.
func callback(t *testing.T, i *cardeatest.Issuer, q url.Values) url.Values {
	t.Helper()
	resp := authorize(t, i, q)
	to, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), redirectURI+"?") {
		t.Errorf("authorize: status %d, location %v", resp.StatusCode, to)
		return nil
	}
	return to.Query()
}

// exchange sends code to the token endpoint as the first client, with client_secret_basic. more
// adds parameters or replaces them, as names and values.
func exchange(t *testing.T, i *cardeatest.Issuer, code string, more ...string) (int, map[string]any) {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI},
		"code_verifier": {verifier},
	}
	for n := 0; n < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	req, err := http.NewRequest(http.MethodPost, i.URL+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !form.Has("client_id") {
		req.SetBasicAuth(url.QueryEscape(i.ClientID), url.QueryEscape(i.ClientSecret))
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, map[string]any) {
	t.Helper()
	resp, err := browser.Do(req)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer resp.Body.Close()
	var body map[string]any
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		t.Errorf("status %d: %v", resp.StatusCode, err)
	}
	return resp.StatusCode, body
}

func get(t *testing.T, url, accessToken string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	if accessToken != "" {
		req.Header.Set("Authorization", "Bearer "+accessToken)
	}
	return do(t, req)
}

// claims verifies an ID token with the issuer's key set and returns its claims, or nil if it is not
// valid.
func claims(t *testing.T, i *cardeatest.Issuer, idToken any) map[string]any {
	t.Helper()
	_, set := get(t, i.URL+"/jwks", "")
	raw, _ := json.Marshal(set)
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Error(err)
	}
	compact, _ := idToken.(string)
	jws, err := jose.ParseSignedCompact(compact,
		[]jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.ES384, jose.EdDSA})
	if err != nil {
		t.Error(err)
		return nil
	}
	payload, err := jws.Verify(keys)
	if err != nil {
		t.Errorf("ID token is not valid: %v", err)
		return nil
	}
	var c map[string]any
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Error(err)
	}
	return c
}

func names(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

func TestIssuerSignsAPersonIn(t *testing.T) {
	t.Parallel()
	bob := cardeatest.Person{
		Subject: "7", Name: "Bob", Email: "bob@example.com", EmailVerified: true, Picture: "https://img.example/7",
		Claims: map[string]any{"team": "blue"},
	}
	i := cardeatest.NewIssuer(t, bob)
	status, discovery := get(t, i.URL+"/.well-known/openid-configuration", "")
	if status != 200 || discovery["issuer"] != i.URL || discovery["token_endpoint"] != i.URL+"/token" ||
		discovery["jwks_uri"] != i.URL+"/jwks" {
		t.Errorf("discovery: status %d, %v", status, discovery)
	}

	back := callback(t, i, authorization(i))
	if len(back) != 3 || back.Get("state") != "st4te" || back.Get("iss") != i.URL || back.Get("code") == "" {
		t.Errorf("callback has %v", back)
	}
	status, token := exchange(t, i, back.Get("code"))
	if got, want := names(token), "access_token expires_in id_token scope token_type"; status != 200 || got != want {
		t.Fatalf("token: status %d, members %s, want %s", status, got, want)
	}
	id := claims(t, i, token["id_token"])
	if got, want := names(id), "at_hash aud email email_verified exp iat iss name nonce picture sub team"; got != want {
		t.Errorf("ID token has %s, want %s", got, want)
	}
	if id["iss"] != i.URL || id["aud"] != i.ClientID || id["sub"] != "7" || id["nonce"] != "n0nce" ||
		id["email_verified"] != true {
		t.Errorf("ID token says %v", id)
	}
	status, userinfo := get(t, i.URL+"/userinfo", token["access_token"].(string))
	if got, want := names(userinfo), "email email_verified name picture sub team"; status != 200 || got != want {
		t.Errorf("userinfo: status %d, members %s, want %s", status, got, want)
	}
	for endpoint, want := range map[cardeatest.Endpoint]int{
		cardeatest.Discovery: 1, cardeatest.Authorize: 1, cardeatest.Token: 1, cardeatest.JWKS: 1,
		cardeatest.Userinfo: 1, cardeatest.User: 0,
	} {
		if got := i.Requests(endpoint); got != want {
			t.Errorf("%d requests to %s, want %d", got, endpoint, want)
		}
	}
}

func TestIssuerIsAPlainOAuthServerWithoutTheScopeOpenID(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t, cardeatest.Person{
		Subject: "9007199254740993", Name: "Bob", Email: "bob@example.com", EmailVerified: true,
		Claims: map[string]any{"login": "bobby"},
	})
	_, token := exchange(t, i, callback(t, i, authorization(i, "scope", "read:user")).Get("code"))
	if _, has := token["id_token"]; has {
		t.Error("there is an ID token")
	}
	status, user := get(t, i.URL+"/user", token["access_token"].(string))
	if status != 200 || user["id"] != json.Number("9007199254740993") || user["login"] != "bobby" {
		t.Errorf("user: status %d, %v", status, user)
	}
	req, _ := http.NewRequest(http.MethodGet, i.URL+"/user/emails", nil)
	req.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	const want = `[{"email":"bob@example.com","primary":true,"verified":true,"visibility":null}]`
	if got := strings.TrimSpace(string(body)); got != want {
		t.Errorf("emails are %s, want %s", got, want)
	}
}

func TestIssuerRefusesABadAuthorizationRequest(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	i.AddClient("strict", "s", redirectURI)
	for name, q := range map[string]url.Values{
		"unknown client":        authorization(i, "client_id", "other"),
		"other redirect":        authorization(i, "client_id", "strict", "redirect_uri", redirectURI+"/"),
		"redirect without host": authorization(i, "redirect_uri", "callback"),
	} {
		resp := authorize(t, i, q)
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" {
			t.Errorf("%s: status %d, location %q", name, resp.StatusCode, resp.Header.Get("Location"))
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(name, "redirect") && !strings.Contains(string(text), q.Get("redirect_uri")) {
			t.Errorf("%s: the answer does not name the URI: %s", name, text)
		}
	}
	doubled := authorization(i)
	doubled.Add("nonce", "other")
	for name, test := range map[string]struct {
		q    url.Values
		want string
	}{
		"implicit flow":      {authorization(i, "response_type", "token"), "unsupported_response_type"},
		"plain challenge":    {authorization(i, "code_challenge_method", "plain"), "invalid_request"},
		"no challenge":       {authorization(i, "code_challenge", ""), "invalid_request"},
		"fragment":           {authorization(i, "response_mode", "fragment"), "invalid_request"},
		"repeated parameter": {doubled, "invalid_request"},
	} {
		back := callback(t, i, test.q)
		if back.Get("error") != test.want || back.Has("code") || back.Get("state") != "st4te" ||
			back.Get("iss") != i.URL {
			t.Errorf("%s: callback has %v", name, back)
		}
	}
}

func TestIssuerRefusesABadTokenRequest(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	i.AddClient("other", "other-secret")
	i.AddClient("public", "")
	for name, test := range map[string]struct {
		more   []string
		status int
		want   string
	}{
		"wrong verifier":       {[]string{"code_verifier", challenge}, 400, "invalid_grant"},
		"no verifier":          {[]string{"code_verifier", ""}, 400, "invalid_grant"},
		"wrong redirect":       {[]string{"redirect_uri", redirectURI + "/"}, 400, "invalid_grant"},
		"wrong secret":         {[]string{"client_id", i.ClientID, "client_secret", "guess"}, 401, "invalid_client"},
		"no secret":            {[]string{"client_id", i.ClientID}, 401, "invalid_client"},
		"two authentications":  {[]string{"client_secret", i.ClientSecret}, 401, "invalid_client"},
		"unknown client":       {[]string{"client_id", "nobody"}, 401, "invalid_client"},
		"other client's code":  {[]string{"client_id", "other", "client_secret", "other-secret"}, 400, "invalid_grant"},
		"public client's code": {[]string{"client_id", "public"}, 400, "invalid_grant"},
		"unknown code":         {[]string{"code", "guess"}, 400, "invalid_grant"},
		"password grant":       {[]string{"grant_type", "password"}, 400, "unsupported_grant_type"},
	} {
		code := callback(t, i, authorization(i)).Get("code")
		status, body := exchange(t, i, code, test.more...)
		if status != test.status || body["error"] != test.want {
			t.Errorf("%s: status %d, %v, want %d %s", name, status, body, test.status, test.want)
		}
	}
	code := callback(t, i, authorization(i)).Get("code")
	if status, body := exchange(t, i, code, "client_id", i.ClientID, "client_secret", i.ClientSecret); status != 200 {
		t.Errorf("client_secret_post: status %d, %v", status, body)
	}
	if status, _ := get(t, i.URL+"/userinfo", "guess"); status != 401 {
		t.Errorf("userinfo with a wrong token: status %d", status)
	}
}

// Tinyauth CVE-2026-32245, Pocket ID CVE-2026-28513, Zitadel CVE-2026-55672: two concurrent
// requests used the same code.
func TestIssuerAcceptsACodeOnce(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	code := callback(t, i, authorization(i)).Get("code")
	var group sync.WaitGroup
	statuses := make([]int, 50)
	for n := range statuses {
		group.Go(func() { statuses[n], _ = exchange(t, i, code) })
	}
	group.Wait()
	slices.Sort(statuses)
	if statuses[0] != 200 || statuses[1] != 400 {
		t.Errorf("statuses are %v, want 200 once", statuses)
	}
}

func TestIssuerRefusesExpiredCodesAndTokens(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	later := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	i := cardeatest.NewIssuer(t)
	i.SetClock(func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	})
	code := callback(t, i, authorization(i)).Get("code")
	later(time.Minute)
	if status, body := exchange(t, i, code); status != 400 {
		t.Errorf("code after a minute: status %d, %v", status, body)
	}
	code = callback(t, i, authorization(i)).Get("code")
	later(time.Minute - time.Second)
	_, token := exchange(t, i, code)
	access := token["access_token"].(string)
	if exp := claims(t, i, token["id_token"])["exp"]; exp != float64(now.Add(time.Hour).Unix()) {
		t.Errorf("exp is %v, want an hour from now", exp)
	}
	if status, _ := get(t, i.URL+"/userinfo", access); status != 200 {
		t.Errorf("fresh access token: status %d", status)
	}
	later(time.Hour)
	if status, _ := get(t, i.URL+"/userinfo", access); status != 401 {
		t.Errorf("access token after an hour: status %d", status)
	}
}

func TestIssuerAcceptsARefreshTokenOnce(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	_, token := exchange(t, i, callback(t, i, authorization(i, "scope", "openid offline_access")).Get("code"))
	old := token["refresh_token"].(string)
	status, renewed := exchange(t, i, "", "grant_type", "refresh_token", "refresh_token", old)
	if status != 200 || renewed["access_token"] == token["access_token"] || renewed["refresh_token"] == old {
		t.Fatalf("status %d, %v", status, renewed)
	}
	if id := claims(t, i, renewed["id_token"]); id["nonce"] != nil || id["sub"] != "1001" {
		t.Errorf("renewed ID token says %v", id)
	}
	if status, _ := exchange(t, i, "", "grant_type", "refresh_token", "refresh_token", old); status != 400 {
		t.Errorf("old refresh token: status %d", status)
	}
}

func TestIssuerChoosesThePerson(t *testing.T) {
	t.Parallel()
	ann := cardeatest.Person{Subject: "a", Email: "ann@example.com"}
	bob := cardeatest.Person{Subject: "b", Email: "bob@example.com"}
	i := cardeatest.NewIssuer(t, ann, bob)
	subject := func(more ...string) any {
		_, token := exchange(t, i, callback(t, i, authorization(i, more...)).Get("code"))
		return claims(t, i, token["id_token"])["sub"]
	}
	for _, test := range []struct {
		story string
		more  []string
		want  string
	}{
		{"the first one", nil, "a"},
		{"by hint with the address", []string{"login_hint", "BOB@example.com"}, "b"},
		{"by hint with the subject", []string{"login_hint", "b"}, "b"},
		{"hint names no known person", []string{"login_hint", "carl@example.com"}, "a"},
	} {
		if got := subject(test.more...); got != test.want {
			t.Errorf("%s: got %v, want %s", test.story, got, test.want)
		}
	}
	i.Next(bob)
	if got := subject(); got != "b" {
		t.Errorf("after Next: got %v", got)
	}
	i.Next(cardeatest.Person{Subject: "a", Claims: map[string]any{"sub": nil}})
	if got := subject(); got != nil {
		t.Errorf("person without subject: got %v", got)
	}
}

func TestIssuerSignsInManyPersonsConcurrently(t *testing.T) {
	t.Parallel()
	var persons []cardeatest.Person
	for n := range 60 {
		persons = append(persons, cardeatest.Person{Subject: fmt.Sprint(n), Email: fmt.Sprintf("p%d@example.com", n)})
	}
	i := cardeatest.NewIssuer(t, persons...)
	var group sync.WaitGroup
	for _, p := range persons {
		group.Go(func() {
			back := callback(t, i, authorization(i, "login_hint", p.Email, "nonce", "nonce of "+p.Subject))
			_, token := exchange(t, i, back.Get("code"))
			if c := claims(t, i, token["id_token"]); c["sub"] != p.Subject || c["nonce"] != "nonce of "+p.Subject {
				t.Errorf("%s was signed in as %v", p.Subject, c)
			}
		})
	}
	group.Wait()
}

func TestIssuerRotatesItsKeys(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	kid := func() any {
		_, set := get(t, i.URL+"/jwks", "")
		return set["keys"].([]any)[0].(map[string]any)["kid"]
	}
	before := kid()
	i.RotateKeys()
	if after := kid(); after == before {
		t.Error("the key is the same")
	}
	for _, alg := range []string{"RS256", "ES384", "EdDSA"} {
		i.SignWith(alg)
		_, token := exchange(t, i, callback(t, i, authorization(i)).Get("code"))
		claims(t, i, token["id_token"])
		_, discovery := get(t, i.URL+"/.well-known/openid-configuration", "")
		if got := discovery["id_token_signing_alg_values_supported"]; fmt.Sprint(got) != "["+alg+"]" {
			t.Errorf("discovery has %v, want %s", got, alg)
		}
	}
}

func TestStrangerIsACompleteIssuer(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	s := i.Stranger()
	_, d := get(t, s.URL+"/.well-known/openid-configuration", "")
	_, token := exchange(t, s, callback(t, s, authorization(s)).Get("code"))
	if c := claims(t, s, token["id_token"]); d["issuer"] != s.URL || c["iss"] != s.URL || s.URL == i.URL {
		t.Errorf("discovery has %v, ID token %v", d["issuer"], c["iss"])
	}
	i.Misbehave(cardeatest.TokenOfStranger)
	_, token = exchange(t, i, callback(t, i, authorization(i)).Get("code"))
	if c := claims(t, s, token["id_token"]); c["iss"] != s.URL || c["nonce"] != "n0nce" || c["aud"] != i.ClientID {
		t.Errorf("the stranger's ID token says %v", c)
	}
}

func TestIssuerMisbehavesAsAsked(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	i.Misbehave(cardeatest.CallbackError("access_denied"))
	if back := callback(t, i, authorization(i)); back.Get("error") != "access_denied" || back.Has("code") ||
		back.Get("state") != "st4te" {
		t.Errorf("callback has %v", back)
	}
	i.Misbehave(cardeatest.CallbackNoIss, cardeatest.CallbackForeignState)
	if back := callback(t, i, authorization(i)); back.Has("iss") || back.Get("state") == "st4te" || !back.Has("code") {
		t.Errorf("callback has %v", back)
	}
	i.Misbehave(cardeatest.IgnoresPKCE)
	if status, _ := exchange(t, i, callback(t, i, authorization(i)).Get("code"), "code_verifier", "x"); status != 200 {
		t.Errorf("ignoring PKCE: status %d", status)
	}
	i = cardeatest.NewIssuer(t)
	i.Misbehave(cardeatest.SwapsCodes)
	mine := callback(t, i, authorization(i, "nonce", "mine")).Get("code")
	yours := callback(t, i, authorization(i, "nonce", "yours")).Get("code")
	for code, want := range map[string]string{mine: "yours", yours: "mine"} {
		// The first exchange gets the other's grant and leaves its own to the second.
		_, token := exchange(t, i, code, "code_verifier", "x")
		if c := claims(t, i, token["id_token"]); c["nonce"] != want {
			t.Errorf("nonce is %v, want %s", c["nonce"], want)
		}
	}
	i.Misbehave()
	if back := callback(t, i, authorization(i)); back.Get("iss") != i.URL {
		t.Errorf("behaving again, callback has %v", back)
	}
}

func TestEndpointsBreakAsAsked(t *testing.T) {
	t.Parallel()
	i := cardeatest.NewIssuer(t)
	for how, want := range map[cardeatest.Failure]struct {
		status int
		starts string
		length int
	}{
		cardeatest.SendsNothing:   {200, "", 0},
		cardeatest.SendsNull:      {200, "null", 5},
		cardeatest.SendsHTML:      {200, "<!doctype html>", 61},
		cardeatest.SendsHuge:      {200, `{"access_token":"a.a.`, 8<<20 + 20},
		cardeatest.SendsError400:  {400, `{"error":"invalid_grant"}`, 26},
		cardeatest.SendsError500:  {500, `{"error":"server_error"}`, 25},
		cardeatest.SendsElsewhere: {307, "", 0},
	} {
		i.Misbehave(cardeatest.Broken(cardeatest.JWKS, how))
		resp, err := browser.Get(i.URL + "/jwks")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want.status || !strings.HasPrefix(string(body), want.starts) || len(body) != want.length {
			t.Errorf("%s: status %d, %d bytes: %.40q", how, resp.StatusCode, len(body), body)
		}
		if how == cardeatest.SendsElsewhere && resp.Header.Get("Location") != i.Stranger().URL+"/jwks" {
			t.Errorf("sent to %s", resp.Header.Get("Location"))
		}
	}
	i.Misbehave(cardeatest.Broken(cardeatest.JWKS, cardeatest.Hangs))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, i.URL+"/jwks", nil)
	if resp, err := browser.Do(req); err == nil {
		t.Errorf("hanging endpoint answered with status %d", resp.StatusCode)
	}
}

// localIssuer returns an issuer that is served below a path, as in an application that embeds it.
func localIssuer(t *testing.T, persons ...cardeatest.Person) *cardeatest.Issuer {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i := cardeatest.NewLocalIssuer(server.URL+"/idp", "quickstart", "", persons...)
	mux.Handle("/idp/", i)
	return i
}

func TestLocalIssuerShowsAPage(t *testing.T) {
	t.Parallel()
	i := localIssuer(t, cardeatest.Person{Subject: "a", Name: "Ann <b>", Email: "ann@example.com"})
	resp := authorize(t, i, authorization(i))
	body, _ := io.ReadAll(resp.Body)
	for _, want := range []string{
		"<h1>Sign in</h1>", "to continue to quickstart", "Ann &lt;b&gt;", `value="a"`,
		`action="/idp/authorize?client_id=quickstart&amp;`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("page does not have %s:\n%s", want, body)
		}
	}
	csp := resp.Header.Get("Content-Security-Policy")
	if resp.StatusCode != 200 || !strings.Contains(csp, "default-src 'none'") ||
		!strings.Contains(csp, "form-action 'self' http: https:;") {
		t.Errorf("status %d, policy %q", resp.StatusCode, csp)
	}
}

// A client may redirect to its front end on another origin, which browsers allow only if
// form-action of the page with the form does.
func TestLocalIssuerLetsClientsRedirect(t *testing.T) {
	t.Parallel()
	const want = "form-action 'self' http: https:;"
	for _, redirectURI := range []string{
		"http://localhost:3000/callback", "http://[::1]:3000/callback", "https://app.example:8443/callback",
		"https://api.app.example/callback",
	} {
		i := cardeatest.NewLocalIssuer("http://localhost:3000/idp", "quickstart", "secret")
		w := httptest.NewRecorder()
		q := authorization(i)
		q.Set("redirect_uri", redirectURI)
		i.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/idp/authorize?"+q.Encode(), nil))
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("%s: status %d, policy %q", redirectURI, w.Code, got)
		}
	}
}

func TestLocalIssuerReadsThePage(t *testing.T) {
	t.Parallel()
	i := localIssuer(t, cardeatest.Person{Subject: "a", Name: "Ann", Email: "ann@example.com"})
	post := func(form url.Values) *http.Response {
		resp, err := browser.PostForm(i.URL+"/authorize?"+authorization(i).Encode(), form)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	signedIn := func(form url.Values) map[string]any {
		to, err := post(form).Location()
		if err != nil {
			t.Fatalf("%v: %v", form, err)
		}
		_, token := exchange(t, i, to.Query().Get("code"), "client_id", "quickstart")
		return claims(t, i, token["id_token"])
	}
	if c := signedIn(url.Values{"person": {"a"}}); c["sub"] != "a" || c["iss"] != i.URL {
		t.Errorf("picked: got %v", c)
	}
	if c := signedIn(url.Values{"email": {"ANN@example.com"}}); c["sub"] != "a" {
		t.Errorf("typed a known address: got %v", c)
	}
	typed := signedIn(url.Values{"name": {" Bob "}, "email": {"bob@example.com"}})
	if typed["name"] != "Bob" || typed["email"] != "bob@example.com" || typed["email_verified"] != true ||
		typed["sub"] == "" {
		t.Errorf("typed a new address: got %v", typed)
	}
	again := localIssuer(t)
	i = again // another issuer, as after a restart
	if c := signedIn(url.Values{"email": {"Bob@example.com"}}); c["sub"] != typed["sub"] {
		t.Errorf("after a restart the subject is %v, want %v", c["sub"], typed["sub"])
	}
	if to, err := post(url.Values{"cancel": {"1"}}).Location(); err != nil ||
		to.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: sent to %v", to)
	}
	for _, form := range []url.Values{
		{}, {"name": {"Bob"}}, {"email": {"bob"}}, {"email": {"a@b@c"}}, {"email": {"@b"}}, {"person": {"nobody"}},
	} {
		resp := post(form)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `role="alert"`) {
			t.Errorf("%v: status %d", form, resp.StatusCode)
		}
	}
}
