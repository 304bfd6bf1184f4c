package provider_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// steam is a fake of Steam. It confirms each response that it has signed, once.
type steam struct {
	status int               // of the response to check_authentication; 0 is 200
	body   func(bool) string // of that response; nil is the one of the specification

	mu    sync.Mutex
	asked map[string]bool // by nonce
	calls []string        // the hosts that were called
}

// sign signs the fields that openid.signed names.
func (*steam) sign(answer url.Values) string {
	mac := hmac.New(sha256.New, []byte("a key that only Steam has"))
	for name := range strings.SplitSeq(answer.Get("openid.signed"), ",") {
		fmt.Fprintf(mac, "%s:%s\n", name, answer.Get("openid."+name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// RoundTrip responds to the application's server.
func (s *steam) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.URL.Host)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	if r.URL.Host == "api.steampowered.com" {
		fmt.Fprint(w, `{"response":{"players":[{"steamid":"76561197960435531","personaname":"Somebody Else"}]}}`)
		return w.Result(), nil
	}
	nonce := r.PostForm.Get("openid.response_nonce")
	valid := r.PostForm.Get("openid.mode") == "check_authentication" && !s.asked[nonce]
	form := r.PostForm
	form.Set("openid.mode", "id_res") // as it was signed
	valid = valid && s.sign(form) == form.Get("openid.sig")
	if s.asked == nil {
		s.asked = map[string]bool{}
	}
	s.asked[nonce] = true
	if s.status != 0 {
		w.WriteHeader(s.status)
	}
	if s.body != nil {
		fmt.Fprint(w, s.body(valid))
	} else {
		fmt.Fprintf(w, "ns:http://specs.openid.net/auth/2.0\nis_valid:%v\n", valid)
	}
	return w.Result(), nil
}

// nonOAuthSite is an application with a provider that does not speak OAuth, and a browser that does
// not follow redirects.
type nonOAuthSite struct {
	*cardeatest.Browser
	id  string
	log strings.Builder
}

// inProcess is the transport of the browser. It reaches only the application.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "app.example" {
		return nil, errors.New("no such host")
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

func newNonOAuthSite(t *testing.T, p *oauth.Provider, service http.RoundTripper) *nonOAuthSite {
	t.Helper()
	s := &nonOAuthSite{id: p.ID}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), BaseURL: app, Providers: []cardea.Provider{p},
		HTTPClient: &http.Client{Transport: service}, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Browser = s.visitor(t, auth)
	return s
}

func (s *nonOAuthSite) visitor(t *testing.T, auth http.Handler) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, app)
	b.Transport = inProcess{auth}
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// beginSignIn begins a sign-in and returns the query of the redirect to the service.
func (s *nonOAuthSite) beginSignIn(t *testing.T) url.Values {
	t.Helper()
	to, err := url.Parse(s.Post("/signin/"+s.id, nil).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return to.Query()
}

// openCallback opens the callback and returns the URL that it redirects to.
func (s *nonOAuthSite) openCallback(t *testing.T, callback string) string {
	t.Helper()
	res, err := s.Get(callback)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Location")
}

// refused checks that a callback signs nobody in, and that the log contains the reason and no
// secrets.
func (s *nonOAuthSite) refused(t *testing.T, callback, reason string, secrets ...string) {
	t.Helper()
	if to := s.openCallback(t, callback); !strings.Contains(to, "error=") || s.Session() != nil {
		t.Errorf("the visitor is sent to %s", to)
	}
	if !strings.Contains(s.log.String(), reason) {
		t.Errorf("the log does not contain %q:\n%s", reason, s.log.String())
	}
	for _, secret := range append(secrets, secret) {
		if strings.Contains(s.log.String(), secret) {
			t.Error("the log contains a secret")
		}
	}
}

// Other relying parties of Steam have accepted responses like these.
func TestSteamRefusesForgedAssertions(t *testing.T) {
	t.Parallel()
	victim := "https://steamcommunity.com/openid/id/76561197960287930"
	without := func(q url.Values, name string) {
		var rest []string
		for field := range strings.SplitSeq(q.Get("openid.signed"), ",") {
			if field != name {
				rest = append(rest, field)
			}
		}
		q.Set("openid.signed", strings.Join(rest, ","))
	}
	type change = func(url.Values)
	set := func(name, value string) change { return func(q url.Values) { q.Set("openid."+name, value) } }
	claim := func(id string) change {
		return func(q url.Values) { q.Set("openid.claimed_id", id); q.Set("openid.identity", id) }
	}
	for _, tc := range []struct {
		name   string
		before change // applied before Steam signs the response
		after  change // applied afterwards
		reason string
	}{
		{"somebody else's id", nil, claim(victim), "Steam did not sign the response"},
		{"an id that is not signed", func(q url.Values) {
			without(q, "claimed_id")
			without(q, "identity")
		}, claim(victim), "claimed_id is missing or not signed"},
		{"an identity that is not signed", func(q url.Values) {
			without(q, "identity")
		}, nil, "identity is missing or not signed"},
		{"a callback that is not signed", func(q url.Values) {
			without(q, "return_to")
		}, nil, "return_to is missing or not signed"},
		{"a nonce that is not signed", func(q url.Values) {
			without(q, "response_nonce")
		}, nil, "response_nonce is missing or not signed"},
		{"an endpoint that is not signed", func(q url.Values) {
			without(q, "op_endpoint")
		}, nil, "op_endpoint is missing or not signed"},
		{"nothing signed", func(q url.Values) { q.Del("openid.signed") }, nil, "is missing or not signed"},
		{"for another site", set("return_to", "https://evil.example/callback?state=x"), nil,
			"return_to belongs to another sign-in"},
		{"for another sign-in", func(q url.Values) {
			q.Set("openid.return_to", q.Get("openid.return_to")+"0")
		}, nil, "return_to belongs to another sign-in"},
		{"an id at another host", claim("https://evil.example/openid/id/76561197960287930"), nil,
			"claimed_id is not a Steam ID"},
		{"an id at a host with another end",
			claim("https://steamcommunity.com.evil.example/openid/id/76561197960287930"), nil,
			"claimed_id is not a Steam ID"},
		{"an id over http", claim("http://steamcommunity.com/openid/id/76561197960287930"), nil,
			"claimed_id is not a Steam ID"},
		{"an id with more behind it", claim(victim + "/x"), nil, "claimed_id is not a Steam ID"},
		{"an id with a line break behind it", claim(victim + "\n"), nil, "claimed_id is not a Steam ID"},
		{"an id that is too short", claim("https://steamcommunity.com/openid/id/7656119796028793"), nil,
			"claimed_id is not a Steam ID"},
		{"an id with a letter", claim("https://steamcommunity.com/openid/id/7656119796028793x"), nil,
			"claimed_id is not a Steam ID"},
		{"two ids", set("identity", victim), nil, "identity differs from openid.claimed_id"},
		{"of another server", set("op_endpoint", "https://evil.example/openid"), nil, "op_endpoint is not Steam's"},
		{"old", set("response_nonce", time.Now().Add(-6*time.Minute).UTC().Format(time.RFC3339)+"abc"), nil,
			"response_nonce is too old"},
		{"to come", set("response_nonce", time.Now().Add(6*time.Minute).UTC().Format(time.RFC3339)+"abc"), nil,
			"response_nonce is too old"},
		{"with a nonce that is none", set("response_nonce", "abc"), nil, "response_nonce is too old"},
		{"of version 1.1", set("ns", "http://openid.net/signon/1.1"), nil, "not a positive assertion"},
		{"of another mode", set("mode", "setup_needed"), nil, "not a positive assertion"},
		{"cancelled", set("mode", "cancel"), nil, "OAuthCallbackError"},
		{"with an id twice", nil, func(q url.Values) {
			q.Add("openid.claimed_id", victim)
		}, "more than one openid.claimed_id"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service := &steam{}
			s := newNonOAuthSite(t, provider.Steam(provider.Client{}), service)
			asked := s.beginSignIn(t)
			answer := steamAnswer(asked)
			if tc.before != nil {
				tc.before(answer)
			}
			answer.Set("openid.sig", service.sign(answer))
			if tc.after != nil {
				tc.after(answer)
			}
			s.refused(t, asked.Get("openid.return_to")+"&"+answer.Encode(), tc.reason)
			for _, host := range service.calls {
				if host != "steamcommunity.com" {
					t.Errorf("%s was asked", host)
				}
			}
		})
	}
}

func TestSteamIsAskedOnce(t *testing.T) {
	t.Parallel()
	service := &steam{}
	s := newNonOAuthSite(t, provider.Steam(provider.Client{}), service)
	asked := s.beginSignIn(t)
	answer := steamAnswer(asked)
	answer.Set("openid.sig", service.sign(answer))
	callback := asked.Get("openid.return_to") + "&" + answer.Encode()
	if s.openCallback(t, callback); s.Session() == nil {
		t.Fatalf("nobody is signed in:\n%s", s.log.String())
	}
	s.Browser = s.visitor(t, s.Transport.(inProcess))
	s.refused(t, callback, "no cookie of this flow")
	if len(service.calls) != 1 {
		t.Errorf("Steam was asked %d times", len(service.calls))
	}
}

func TestSteamAnswersThatSayNothing(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]*steam{
		"an error": {status: 500},
		"nothing":  {body: func(bool) string { return "" }},
		"HTML":     {body: func(bool) string { return "<p>is_valid:true</p>" }},
		"both": {body: func(bool) string {
			return "ns:http://specs.openid.net/auth/2.0\nis_valid:false\nis_valid:true\n"
		}},
		"another version": {body: func(bool) string { return "ns:x\nis_valid:true\n" }},
		"a text around it": {body: func(bool) string {
			return "ns:http://specs.openid.net/auth/2.0\nis_valid:true, or not\n"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNonOAuthSite(t, provider.Steam(provider.Client{}), service)
			asked := s.beginSignIn(t)
			answer := steamAnswer(asked)
			answer.Set("openid.sig", service.sign(answer))
			s.refused(t, asked.Get("openid.return_to")+"&"+answer.Encode(), "check_authentication")
		})
	}
}

// The profile must belong to the user, and no log contains the Web API key of its URL.
func TestSteamProfileOfSomebodyElse(t *testing.T) {
	t.Parallel()
	service := &steam{}
	s := newNonOAuthSite(t, provider.Steam(client), service)
	asked := s.beginSignIn(t)
	answer := steamAnswer(asked)
	answer.Set("openid.sig", service.sign(answer))
	s.refused(t, asked.Get("openid.return_to")+"&"+answer.Encode(), "the response does not contain the user",
		url.QueryEscape(secret))
}

// The assertion proves who signs in, so a Web API key that Steam refuses takes only name and
// picture away.
func TestSteamSignsInWithoutAValidKey(t *testing.T) {
	t.Parallel()
	service := &steam{}
	s := newNonOAuthSite(t, provider.Steam(client), refusing{service, map[string]int{
		"https://api.steampowered.com/ISteamUser/GetPlayerSummaries/v0002/": http.StatusForbidden,
	}})
	asked := s.beginSignIn(t)
	answer := steamAnswer(asked)
	answer.Set("openid.sig", service.sign(answer))
	to := s.openCallback(t, asked.Get("openid.return_to")+"&"+answer.Encode())
	if strings.Contains(to, "error=") || s.Session() == nil {
		t.Errorf("the visitor is sent to %s; the log says %s", to, &s.log)
	}
}
