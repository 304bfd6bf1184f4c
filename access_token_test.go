package cardea_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// grantSite is a site with two processes and one store, whose provider issues refresh tokens. Ann
// has signed in.
type grantSite struct {
	*site
	log       *logRecorder
	processes []*cardea.Auth
	ann       string // her user ID

	// onRefresh answers a refresh request instead of the provider. If it is nil or returns nil, the
	// provider answers.
	onRefresh func(form url.Values) *tokenResponse
}

// tokenResponse is a response of a token endpoint.
type tokenResponse struct {
	status int
	body   string
	hold   <-chan struct{} // the response waits until this is closed; nil sends it at once
}

func newGrantSite(t *testing.T, change func(*cardea.Config)) *grantSite {
	t.Helper()
	g := &grantSite{log: &logRecorder{}}
	var config cardea.Config
	g.site = newSite(t, func(c *cardea.Config) {
		idp(c).Scopes = []string{"openid", "email", "offline_access"}
		c.Logger = g.log.logger()
		c.HTTPClient = &http.Client{Transport: g}
		if change != nil {
			change(c)
		}
		config = *c
	})
	second, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	g.processes = []*cardea.Auth{g.auth, second}
	cardeatest.SignIn(t, g.URL, "idp", "")
	g.ann = g.accountOwner(t, "idp", "1001")
	t.Cleanup(func() { g.checkLog(t) })
	return g
}

// RoundTrip sends a request of the site to the provider, or calls onRefresh.
func (g *grantSite) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.onRefresh == nil || !strings.HasSuffix(r.URL.Path, "/token") {
		return ownTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if form.Get("grant_type") != "refresh_token" {
		return ownTransport.RoundTrip(r)
	}
	a := g.onRefresh(form)
	if a == nil {
		return ownTransport.RoundTrip(r)
	}
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w := httptest.NewRecorder()
	w.WriteHeader(a.status)
	w.WriteString(a.body)
	return w.Result(), nil
}

// account returns Ann's account as it is stored.
func (g *grantSite) account(t *testing.T) cardea.Account {
	t.Helper()
	list, err := g.store.Accounts(t.Context(), g.ann)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	return *list[0]
}

// expire sets how long the stored access token is still valid.
func (g *grantSite) expire(t *testing.T, in time.Duration) {
	t.Helper()
	a := g.account(t)
	a.ExpiresAt = time.Now().Add(in)
	if err := g.store.UpdateAccount(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
}

// tokenRequests returns a function that counts the requests to the provider's token endpoint from
// now on.
func (g *grantSite) tokenRequests() func() int {
	before := g.issuer.Requests(cardeatest.Token)
	return func() int { return g.issuer.Requests(cardeatest.Token) - before }
}

// checkLog checks that the log contains no stored token.
func (g *grantSite) checkLog(t *testing.T) {
	list, err := g.store.Accounts(context.Background(), g.ann)
	if err != nil {
		t.Error(err)
	}
	for _, a := range list {
		for _, secret := range []string{a.AccessToken, a.RefreshToken, a.IDToken, g.issuer.ClientSecret} {
			if secret != "" && strings.Contains(g.log.String(), secret) {
				t.Error("a token or the client secret is in the log")
			}
		}
	}
}

// checkAccessToken checks that the provider's userinfo endpoint accepts an access token.
func (g *grantSite) checkAccessToken(t *testing.T, access string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.issuer.URL+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	res, err := ownTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("userinfo with the token: %s", res.Status)
	}
}

func TestValidAccessTokenIsReturned(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	requests := g.tokenRequests()
	g.expire(t, time.Minute+2*time.Second)
	got, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if err != nil || got != g.account(t).AccessToken || requests() != 0 {
		t.Errorf("another token or error %v, after %d requests; want the stored token and none", err, requests())
	}
	g.checkAccessToken(t, got)
}

func TestExpiringAccessTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	for range 3 { // each refresh uses the refresh token that the one before has stored
		before, requests := g.account(t), g.tokenRequests()
		g.expire(t, 58*time.Second)
		got, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
		if err != nil {
			t.Fatal(err)
		}
		g.checkAccessToken(t, got)
		after := g.account(t)
		if requests() != 1 || after.AccessToken != got || got == before.AccessToken {
			t.Errorf("%d requests; the returned token is stored: %t, new: %t", requests(),
				after.AccessToken == got, got != before.AccessToken)
		}
		if after.RefreshToken == "" || after.RefreshToken == before.RefreshToken || after.IDToken == before.IDToken {
			t.Error("the refresh token or the ID token was not replaced")
		}
		if left := time.Until(after.ExpiresAt); left < 59*time.Minute || left > time.Hour {
			t.Errorf("the access token expires in %v, want an hour", left)
		}
		if after.Type != cardea.TypeOIDC || after.UserID != g.ann || after.Scope != before.Scope {
			t.Errorf("type %q, scope %q", after.Type, after.Scope)
		}
	}
}

// A service may have one endpoint for authorization codes and another one for refresh tokens.
func TestRefreshUsesRefreshURL(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, func(c *cardea.Config) { idp(c).RefreshURL = idp(c).Issuer + "/refresh/token" })
	var asked string
	g.onRefresh = func(form url.Values) *tokenResponse {
		asked = form.Get("refresh_token")
		return &tokenResponse{status: http.StatusOK, body: `{"access_token":"at-of-the-refresh","expires_in":3600}`}
	}
	g.expire(t, 0)
	stored, requests := g.account(t).RefreshToken, g.tokenRequests()
	got, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if err != nil || got != "at-of-the-refresh" || asked != stored || requests() != 0 {
		t.Errorf("got %q, %v; the refresh token was sent: %t, requests to TokenURL: %d", got, err, asked == stored,
			requests())
	}
}

func TestAccessTokenThatExpiresInAMinuteIsRefreshed(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	now := &clock{t: time.Now().Truncate(time.Second)}
	g.processes[1].SetClock(now.now)
	g.expire(t, 2*time.Hour)
	now.advance(g.account(t).ExpiresAt.Add(-time.Minute).Sub(now.now()))
	requests := g.tokenRequests()
	if _, err := g.processes[1].AccessToken(t.Context(), g.ann, "idp"); err != nil || requests() != 1 {
		t.Errorf("%v, after %d requests, want 1", err, requests())
	}
}

// While the token of one person is refreshed, another person neither waits for it nor gets it.
func TestRefreshesOfTwoPeopleAreSeparate(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	other := cardea.User{Name: bob.Name}
	if err := g.store.CreateUser(t.Context(), &other); err != nil {
		t.Fatal(err)
	}
	theirs := cardea.Account{
		UserID: other.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: bob.Subject, RefreshToken: "Bob's",
	}
	if err := g.store.LinkAccount(t.Context(), &theirs); err != nil {
		t.Fatal(err)
	}
	sent, goOn := make(chan struct{}), make(chan struct{})
	g.onRefresh = func(form url.Values) *tokenResponse {
		if form.Get("refresh_token") == "Bob's" {
			return &tokenResponse{status: http.StatusOK, body: `{"access_token":"for Bob"}`}
		}
		close(sent)
		return &tokenResponse{status: http.StatusOK, hold: goOn, body: `{"access_token":"for Ann"}`}
	}
	anns := g.accessTokenInBackground(t, g.auth)
	<-sent
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if got, err := g.auth.AccessToken(ctx, other.ID, "idp"); err != nil || got != "for Bob" {
		t.Errorf("Bob got %q, %v", got, err)
	}
	close(goOn)
	if got := <-anns; got != "for Ann" {
		t.Errorf("Ann got %q", got)
	}
}

// A panic in the application's transport fails the callers that wait for this refresh, but neither
// the program nor the next refresh.
func TestPanicDuringARefreshIsAnError(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	g.onRefresh = func(url.Values) *tokenResponse { panic("the transport") }
	if got, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); got != "" || err == nil ||
		!strings.Contains(err.Error(), "panic") {
		t.Errorf("got %q, %v", got, err)
	}
	g.onRefresh = nil
	token, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if err != nil {
		t.Fatal(err)
	}
	g.checkAccessToken(t, token)
}

// deadlineRecorder is a transport that records how long each token request may take.
type deadlineRecorder struct {
	http.RoundTripper
	left chan time.Duration
}

func (d deadlineRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	if at, ok := r.Context().Deadline(); ok && strings.HasSuffix(r.URL.Path, "/token") {
		d.left <- time.Until(at)
	}
	return d.RoundTripper.RoundTrip(r)
}

// The lock lasts 30 seconds, and the requests must end before that, with any HTTP client.
func TestRefreshEndsBeforeItsLock(t *testing.T) {
	t.Parallel()
	left := make(chan time.Duration, 1)
	g := newGrantSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{Transport: deadlineRecorder{ownTransport, left}}
	})
	<-left // of the sign-in
	g.expire(t, -time.Hour)
	if _, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-left:
		if got > 15*time.Second {
			t.Errorf("the request may take %v, want 15 seconds at most", got)
		}
	default:
		t.Error("the request has no deadline")
	}
}

// While this process waited for the lock, another process may have refreshed the tokens.
func TestTokensAreReadAgainUnderTheLock(t *testing.T) {
	t.Parallel()
	var store *lockRecorder
	g := newGrantSite(t, func(c *cardea.Config) {
		store = &lockRecorder{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
	})
	g.expire(t, -time.Hour)
	requests, others := g.tokenRequests(), ""
	store.before = func() { others = <-g.accessTokenInBackground(t, g.processes[1]) }
	got, err := g.processes[0].AccessToken(t.Context(), g.ann, "idp")
	if err != nil || got != others || requests() != 1 {
		t.Errorf("got the token of the other process: %t, %v, after %d requests", got == others, err, requests())
	}
}

// The token endpoint of a provider with the hook Exchange need not follow RFC 6749.
func TestTokenOfTheExchangeHookIsNotRefreshed(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		p := customProvider()
		p.Redirect, p.Identify, p.ClientID = nil, nil, "id"
		p.AuthorizationURL, p.TokenURL = "https://abroad.example/authorize", idp(c).Issuer+"/token"
		p.Exchange = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) {
			return oauth.Claims{
				"access_token": "access", "refresh_token": "refresh", "expires_in": json.Number("1"),
			}, nil
		}
		p.FetchUserinfo = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) {
			return oauth.Claims{"id": "7"}, nil
		}
		c.Providers = append(c.Providers, p)
	})
	b := newBrowser(t, s.URL)
	to, err := url.Parse(startSignIn(t, b, "abroad", nil))
	if err != nil {
		t.Fatal(err)
	}
	openCallback(t, b, s.URL+"/api/auth/callback/abroad?code=c&state="+to.Query().Get("state"))
	got, err := s.auth.AccessToken(t.Context(), s.accountOwner(t, "abroad", "7"), "abroad")
	if n := s.issuer.Requests(cardeatest.Token); got != "" || !errors.Is(err, cardea.ErrGrantRevoked) || n != 0 {
		t.Errorf("got %q, %v, after %d requests", got, err, n)
	}
}

// A refresh has no callback, so a parameter of the token request that takes its value from the
// callback is not sent. The other parameters are.
func TestRefreshSendsNoCallbackParams(t *testing.T) {
	t.Parallel()
	tap := &httpRecorder{}
	s := newSite(t, func(c *cardea.Config) {
		p := idp(c)
		p.Scopes, p.CallbackParams = []string{"openid", "offline_access"}, []string{"device_id"}
		p.Token.Params = url.Values{"device_id": {"{device_id}"}, "version": {"5"}}
		c.HTTPClient = &http.Client{Transport: tap}
	})
	b := newBrowser(t, s.URL)
	openCallback(t, b, beginAs(t, b, "idp", "1001", "/")+"&device_id=d-1")
	s.checkRefresh(t)
	requests := tap.requestsTo("/token")
	if len(requests) != 2 {
		t.Fatalf("%d token requests, want 2", len(requests))
	}
	for i, want := range []string{"d-1", ""} {
		if form := requests[i].form; form.Get("device_id") != want || form.Get("version") != "5" {
			t.Errorf("request %d has the device %q and version %q", i, form.Get("device_id"), form.Get("version"))
		}
	}
}

// Better Auth GHSA-392p-2q2v-4372: a refresh token is used once, by any number of concurrent
// callers in any number of processes. If it is used twice, the provider revokes the grant.
func TestRefreshTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	for range 5 {
		g.expire(t, -time.Hour)
		requests := g.tokenRequests()
		tokens := g.askConcurrently(t, 50)
		if len(tokens) != 1 || requests() != 1 {
			t.Fatalf("%d different tokens by %d requests, want 1 by 1", len(tokens), requests())
		}
		for token := range tokens {
			g.checkAccessToken(t, token)
		}
	}
}

// askConcurrently asks each process n times at once, and returns how often each token was returned.
func (g *grantSite) askConcurrently(t *testing.T, n int) map[string]int {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	tokens, start := map[string]int{}, make(chan struct{})
	for _, process := range g.processes {
		for range n {
			wg.Go(func() {
				<-start
				token, err := process.AccessToken(t.Context(), g.ann, "idp")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				tokens[token]++
			})
		}
	}
	close(start)
	wg.Wait()
	return tokens
}

// storeWithoutTokens is an adapter that is not a TokenStore.
type storeWithoutTokens struct {
	cardea.Adapter
	cardea.SessionStore
}

func TestRefreshInOneProcessNeedsNoTokenStore(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, func(c *cardea.Config) {
		store := c.Adapter.(*memadapter.Adapter)
		c.Adapter = storeWithoutTokens{store, store}
	})
	g.processes = g.processes[:1]
	g.expire(t, -time.Hour)
	requests := g.tokenRequests()
	if tokens := g.askConcurrently(t, 50); len(tokens) != 1 || requests() != 1 {
		t.Errorf("%d different tokens by %d requests, want 1 by 1", len(tokens), requests())
	}
}

// RFC 9700: the tokens are deleted when the provider says that the grant was revoked, and the
// refresh token is not sent again.
func TestTokensOfARevokedGrantAreDeleted(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	g.issuer.Revoke("1001")
	requests := g.tokenRequests()
	for range 3 {
		if _, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); !errors.Is(err, cardea.ErrGrantRevoked) ||
			errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("got %v, want ErrGrantRevoked", err)
		}
	}
	if got := g.account(t); got.RefreshToken != "" || got.AccessToken != "" || got.IDToken != "" ||
		!got.ExpiresAt.IsZero() || requests() != 1 {
		t.Errorf("tokens are left, or %d requests, want 1", requests())
	}
	cardeatest.SignIn(t, g.URL, "idp", "")
	token, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if err != nil {
		t.Fatal(err)
	}
	g.checkAccessToken(t, token)
}

func TestExpiredTokenWithoutRefreshTokenIsRevoked(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, func(c *cardea.Config) { idp(c).Scopes = []string{"openid", "email"} })
	requests := g.tokenRequests()
	g.expire(t, 10*time.Second)
	if got, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); err != nil || got != g.account(t).AccessToken {
		t.Errorf("before it expires: %v", err)
	}
	g.expire(t, -time.Second)
	if _, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); !errors.Is(err, cardea.ErrGrantRevoked) {
		t.Errorf("after it has expired: got %v, want ErrGrantRevoked", err)
	}
	if n := requests(); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestFailedRefreshChangesNothing(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	before := g.account(t)
	check := func(what string) {
		t.Helper()
		_, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
		if err == nil || errors.Is(err, cardea.ErrGrantRevoked) || errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("%s: got %v, want a temporary error", what, err)
		}
		if err != nil && (strings.Contains(err.Error(), before.RefreshToken) ||
			strings.Contains(err.Error(), g.issuer.ClientSecret)) {
			t.Errorf("%s: the error contains a secret", what)
		}
		if g.account(t) != before {
			t.Errorf("%s: the row has changed", what)
		}
	}
	for _, how := range []cardeatest.Failure{
		cardeatest.SendsNothing, cardeatest.SendsNull, cardeatest.SendsHTML, cardeatest.SendsHuge,
		cardeatest.SendsError500, cardeatest.SendsElsewhere,
	} {
		g.issuer.Misbehave(cardeatest.Broken(cardeatest.Token, how))
		check(string(how))
	}
	g.issuer.Misbehave()
	for _, a := range []tokenResponse{
		{status: http.StatusInternalServerError, body: `{"error":"invalid_grant"}`},
		{status: http.StatusUnauthorized, body: `{"error":"invalid_client"}`},
		{status: http.StatusBadRequest, body: `{"error":"invalid_scope"}`},
		{status: http.StatusTooManyRequests, body: `{}`},
		{status: http.StatusOK, body: `{"refresh_token":"r"}`},
		{status: http.StatusOK, body: `{"access_token":"a","token_type":"mac"}`},
	} {
		g.onRefresh = func(url.Values) *tokenResponse { return &a }
		check(a.body)
	}
	g.onRefresh = nil
	token, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if err != nil {
		t.Fatal(err)
	}
	g.checkAccessToken(t, token)
}

func TestRefreshKeepsWhatTheResponseOmits(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	before, asked := g.account(t), 0
	g.onRefresh = func(form url.Values) *tokenResponse {
		asked++
		if form.Get("refresh_token") != before.RefreshToken {
			t.Error("a refresh token other than the stored one was sent")
		}
		return &tokenResponse{
			status: http.StatusOK, body: `{"access_token":"only","token_type":"Bearer","scope":["openid","email"]}`,
		}
	}
	for range 3 {
		if got, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); err != nil || got != "only" {
			t.Errorf("got %v", err)
		}
	}
	after := g.account(t)
	if after.RefreshToken != before.RefreshToken || after.IDToken != before.IDToken || !after.ExpiresAt.IsZero() ||
		after.Scope != "openid email" || asked != 1 {
		t.Errorf("expires %v, scope %q, %d requests, or the refresh token or ID token is lost", after.ExpiresAt,
			after.Scope, asked)
	}
}

// OpenID Connect Core 1.0 § 12.2: the ID token of a refresh has the same iss and sub.
func TestRefreshWithTheIDTokenOfAnotherPersonIsRefused(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	before := g.account(t)
	jwt := func(claims map[string]any) string {
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return "e30." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
	}
	for _, idToken := range []string{
		jwt(map[string]any{"iss": g.issuer.URL, "sub": "2002"}),
		jwt(map[string]any{"iss": "https://other.example", "sub": "1001"}),
		jwt(map[string]any{"iss": g.issuer.URL}), "not a JWT", "e30.e30",
	} {
		g.onRefresh = func(url.Values) *tokenResponse {
			return &tokenResponse{
				status: http.StatusOK, body: fmt.Sprintf(`{"access_token":"of somebody","id_token":%q}`, idToken),
			}
		}
		if got, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); err == nil || got != "" ||
			errors.Is(err, cardea.ErrGrantRevoked) {
			t.Errorf("%s: got %q and %v", idToken, got, err)
		}
		if g.account(t) != before {
			t.Errorf("%s: the row has changed", idToken)
		}
	}
}

// lockRecorder records the verification tokens that are created, which are the locks.
type lockRecorder struct {
	*memadapter.Adapter
	before func() // runs before the first one is created; nil does nothing
	begun  atomic.Bool
	mu     sync.Mutex
	rows   []cardea.VerificationToken
}

func (s *lockRecorder) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	if s.before != nil && !s.begun.Swap(true) {
		s.before()
	}
	if strings.HasPrefix(v.Identifier, "refresh:") {
		s.mu.Lock()
		s.rows = append(s.rows, *v)
		s.mu.Unlock()
	}
	return s.Adapter.CreateVerificationToken(ctx, v)
}

// A process that dies while it holds the lock keeps it until the lock expires.
func TestLockOfADeadProcessExpires(t *testing.T) {
	t.Parallel()
	var store *lockRecorder
	g := newGrantSite(t, func(c *cardea.Config) {
		store = &lockRecorder{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
	})
	now := &clock{t: time.Now()}
	g.processes[1].SetClock(now.now)
	g.expire(t, -time.Hour)
	if _, err := g.processes[1].AccessToken(t.Context(), g.ann, "idp"); err != nil || len(store.rows) != 1 {
		t.Fatalf("%d locks, %v", len(store.rows), err)
	}
	lock := store.rows[0]
	if left := lock.Expires.Sub(now.now()); left < 20*time.Second || left > 30*time.Second ||
		strings.Contains(lock.Identifier+lock.Token, "1001") {
		t.Errorf("the lock %s lasts %v", lock.Identifier, left)
	}
	if err := store.Adapter.CreateVerificationToken(t.Context(), &lock); err != nil {
		t.Fatal("the lock was not released: ", err)
	}

	g.expire(t, -time.Hour)
	requests := g.tokenRequests()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := g.processes[1].AccessToken(short, g.ann, "idp"); !errors.Is(err, context.DeadlineExceeded) ||
		requests() != 0 {
		t.Errorf("while the lock is valid: got %v after %d requests", err, requests())
	}
	now.advance(lock.Expires.Sub(now.now()))
	token, err := g.processes[1].AccessToken(t.Context(), g.ann, "idp")
	if err != nil || requests() != 1 {
		t.Fatalf("after the lock has expired: got %v after %d requests", err, requests())
	}
	g.checkAccessToken(t, token)
	_, err = store.ConsumeVerificationToken(t.Context(), lock.Identifier, lock.Token)
	if !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the lock is still there: %v", err)
	}
}

// A process whose lock expires during its refresh does not overwrite the tokens that the next
// process has stored.
func TestSlowProcessDoesNotOverwriteNewTokens(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	slow, sent := make(chan struct{}), make(chan struct{}, 2)
	asked := 0
	var mu sync.Mutex
	g.onRefresh = func(url.Values) *tokenResponse {
		mu.Lock()
		defer mu.Unlock()
		asked++
		sent <- struct{}{}
		const body = `{"access_token":"access %d","refresh_token":"refresh %d","expires_in":3600}`
		a := &tokenResponse{status: http.StatusOK, body: fmt.Sprintf(body, asked, asked)}
		if asked == 1 {
			a.hold = slow
		}
		return a
	}
	first := g.accessTokenInBackground(t, g.processes[0])
	<-sent
	now := &clock{t: time.Now().Add(31 * time.Second)}
	g.processes[1].SetClock(now.now)
	second := <-g.accessTokenInBackground(t, g.processes[1])
	close(slow)
	if got := <-first; got != second || second != "access 2" {
		t.Errorf("the processes got %q and %q", got, second)
	}
	if after := g.account(t); after.RefreshToken != "refresh 2" || after.AccessToken != "access 2" {
		t.Errorf("stored: %q and %q, want those of the second process", after.RefreshToken, after.AccessToken)
	}
}

// A process whose lock has expired does not release the lock that another process now holds.
func TestSlowProcessDoesNotReleaseTheNextLock(t *testing.T) {
	t.Parallel()
	var store *lockRecorder
	g := newGrantSite(t, func(c *cardea.Config) {
		store = &lockRecorder{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
	})
	g.expire(t, -time.Hour)
	sent := make(chan chan struct{}, 2)
	g.onRefresh = func(url.Values) *tokenResponse {
		goOn := make(chan struct{})
		sent <- goOn
		return &tokenResponse{
			status: http.StatusOK, hold: goOn,
			body: `{"access_token":"the access token","refresh_token":"the refresh token","expires_in":3600}`,
		}
	}
	first := g.accessTokenInBackground(t, g.processes[0])
	slow := <-sent
	now := &clock{t: time.Now().Add(31 * time.Second)}
	g.processes[1].SetClock(now.now)
	second := g.accessTokenInBackground(t, g.processes[1])
	next := <-sent
	close(slow)
	<-first
	lock := store.rows[len(store.rows)-1]
	if err := store.Adapter.CreateVerificationToken(t.Context(), &lock); !errors.Is(err, cardea.ErrConflict) {
		t.Errorf("the lock of the second process is gone: %v", err)
	}
	close(next)
	<-second
	if err := store.Adapter.CreateVerificationToken(t.Context(), &lock); err != nil {
		t.Errorf("the lock was not released: %v", err)
	}
}

// accessTokenInBackground asks a process for Ann's token, and sends it on the channel.
func (g *grantSite) accessTokenInBackground(t *testing.T, process *cardea.Auth) <-chan string {
	got := make(chan string, 1)
	go func() {
		token, err := process.AccessToken(t.Context(), g.ann, "idp")
		if err != nil {
			t.Error(err)
		}
		got <- token
	}()
	return got
}

func TestSignInDuringARefreshKeepsItsTokens(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"granted": http.StatusOK, "refused": http.StatusBadRequest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGrantSite(t, nil)
			g.expire(t, -time.Hour)
			before := g.account(t)
			goOn, sent := make(chan struct{}), make(chan struct{})
			g.onRefresh = func(url.Values) *tokenResponse {
				close(sent)
				return &tokenResponse{status: status, hold: goOn, body: map[int]string{
					http.StatusOK:         `{"access_token":"late","refresh_token":"late","expires_in":3600}`,
					http.StatusBadRequest: `{"error":"invalid_grant"}`,
				}[status]}
			}
			got := g.accessTokenInBackground(t, g.auth)
			<-sent
			cardeatest.SignIn(t, g.URL, "idp", "")
			signedIn := g.account(t)
			if signedIn.RefreshToken == before.RefreshToken {
				t.Fatal("the sign-in has stored no tokens")
			}
			close(goOn)
			if token := <-got; token != signedIn.AccessToken {
				t.Error("the returned token is not that of the sign-in")
			}
			if g.account(t) != signedIn {
				t.Error("the tokens of the sign-in were overwritten")
			}
		})
	}
}

func TestCallerThatGivesUpDoesNotFailOthers(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	requests, release := g.tokenRequests(), g.issuer.Hold(cardeatest.Token)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := g.auth.AccessToken(ctx, g.ann, "idp")
		gaveUp <- err
	}()
	for requests() == 0 {
		time.Sleep(time.Millisecond)
	}
	waiting := g.accessTokenInBackground(t, g.auth)
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	release()
	g.checkAccessToken(t, <-waiting)
	if _, err := g.auth.AccessToken(ctx, g.ann, "idp"); requests() != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v after %d requests, want context.Canceled after 1", err, requests())
	}
}

// The refresh token has been used, so storing the new tokens is tried again for some time.
func TestStoringNewTokensIsRetried(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	g := newGrantSite(t, func(c *cardea.Config) { store = recordCalls(c) })
	g.expire(t, -time.Hour)
	requests := g.tokenRequests()
	store.failOnly("UpdateAccount")
	got := g.accessTokenInBackground(t, g.auth)
	for !store.called("UpdateAccount") {
		time.Sleep(time.Millisecond)
	}
	store.failOnly()
	token := <-got
	if after := g.account(t); token == "" || after.AccessToken != token || requests() != 1 {
		t.Errorf("%d requests, the token is stored: %t; want 1, true", requests(), after.AccessToken == token)
	}
	if !store.called("LockUser") {
		t.Error("the user was not locked, so a sign-in could interfere")
	}
}

// The tokens of another account at the same provider are not returned instead.
func TestAccountUnlinkedDuringARefreshIsNotFound(t *testing.T) {
	t.Parallel()
	g := newGrantSite(t, nil)
	g.expire(t, -time.Hour)
	other := cardea.Account{
		UserID: g.ann, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "1002", AccessToken: "of the other",
		RefreshToken: "of the other",
	}
	if err := g.store.LinkAccount(t.Context(), &other); err != nil {
		t.Fatal(err)
	}
	g.onRefresh = func(url.Values) *tokenResponse {
		if err := g.store.UnlinkAccount(t.Context(), "idp", "1001"); err != nil {
			t.Error(err)
		}
		return &tokenResponse{status: http.StatusOK, body: `{"access_token":"a"}`}
	}
	if got, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); !errors.Is(err, cardea.ErrNotFound) || got != "" {
		t.Errorf("got %q and %v, want ErrNotFound", got, err)
	}
	if list, err := g.store.Accounts(t.Context(), g.ann); err != nil || len(list) != 1 ||
		list[0].AccessToken != "of the other" {
		t.Errorf("%d accounts, %v", len(list), err)
	}
}

// Zitadel CVE-2025-64717, authentik CVE-2025-53942, Pocket ID CVE-2026-43983: there is no token for
// a disabled user or of a disabled provider.
func TestNoAccessTokenForDisabledUserOrProvider(t *testing.T) {
	t.Parallel()
	disabled := false
	g := newGrantSite(t, func(c *cardea.Config) {
		c.Callbacks.Authorized = func(_ context.Context, s *cardea.Session) (bool, error) {
			if s.User == nil || s.User.ID != s.UserID {
				return false, errors.New("no user")
			}
			return !disabled, nil
		}
	})
	if _, err := g.auth.AccessToken(t.Context(), g.ann, "idp"); err != nil {
		t.Error(err)
	}
	disabled = true
	g.expire(t, -time.Hour)
	requests := g.tokenRequests()
	_, err := g.auth.AccessToken(t.Context(), g.ann, "idp")
	if refusal, ok := errors.AsType[*cardea.Error](err); !ok || refusal.Code != cardea.CodeAccessDenied ||
		requests() != 0 {
		t.Errorf("disabled user: got %v after %d requests, want AccessDenied", err, requests())
	}
	disabled = false
	without := newSite(t, func(c *cardea.Config) {
		c.Adapter = g.store
		idp(c).ID = "another"
	})
	nobody := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	for what, call := range map[string]func() (string, error){
		"disabled provider": func() (string, error) { return without.auth.AccessToken(t.Context(), g.ann, "idp") },
		"no account there": func() (string, error) {
			return without.auth.AccessToken(t.Context(), g.ann, "another")
		},
		"no user with that ID": func() (string, error) { return g.auth.AccessToken(t.Context(), "nobody", "idp") },
		"no ID":                func() (string, error) { return g.auth.AccessToken(t.Context(), "", "idp") },
		"no adapter":           func() (string, error) { return nobody.auth.AccessToken(t.Context(), g.ann, "idp") },
	} {
		if got, err := call(); !errors.Is(err, cardea.ErrNotFound) || got != "" {
			t.Errorf("%s: got %q and %v, want ErrNotFound", what, got, err)
		}
	}
}
