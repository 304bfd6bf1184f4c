package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// fields are the fields of a form for a name and a password.
var fields = []cardea.Field{{Name: "name", Required: true}, {Name: "password", Type: "password", Required: true}}

// site is an application with users of all kinds. The hash of a password is the password with a
// prefix.
type site struct {
	*httptest.Server
	verified atomic.Int32 // calls of Verify
	ann      cardea.User
}

const decoy = "hash:of nothing"

func newSite(t *testing.T, protocol cardea.Protocol) *site {
	t.Helper()
	s, store := &site{ann: cardea.User{Name: "Ann"}}, memadapter.New()
	if err := store.CreateUser(t.Context(), &s.ann); err != nil {
		t.Fatal(err)
	}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, Protocol: protocol, Logger: slog.New(slog.DiscardHandler),
		Limits: ratelimit.Config{
			Account: ratelimit.InsecureUnlimited(), AccountClient: ratelimit.InsecureUnlimited(),
			Client: ratelimit.InsecureUnlimited(),
		},
		Providers: []cardea.Provider{credentials.New(credentials.Options{
			Fields:   fields,
			Password: &credentials.Password{Find: s.find, Verify: s.verify, Decoy: decoy},
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(auth)
	t.Cleanup(s.Server.Close)
	return s
}

func (s *site) find(_ context.Context, in credentials.Input) (*cardea.User, string, error) {
	switch in.Get("name") {
	case "ann":
		return &s.ann, "hash:right", nil
	case "without password":
		return &s.ann, "", nil
	case "locked":
		return &s.ann, "hash:right", credentials.Refuse("locked")
	case "locked, unknown":
		return nil, "hash:right", credentials.Refuse("locked")
	case "not found":
		return &s.ann, "hash:right", fmt.Errorf("look up: %w", cardea.ErrNotFound)
	case "limited":
		return nil, "", &cardea.Error{Code: cardea.CodeRateLimited}
	case "unavailable":
		return nil, "", errors.New("no database")
	case "broken":
		return &s.ann, "broken", nil
	}
	return nil, "", nil
}

func (s *site) verify(hash, password string) (bool, error) {
	s.verified.Add(1)
	if hash == "broken" {
		return false, errors.New("not a hash")
	}
	return hash == "hash:"+password, nil
}

// try signs in. It returns the response without the Date header, the number of calls of Verify, and
// whether there is a session.
func (s *site) try(
	t *testing.T, name, password string, client func(http.Header, url.Values),
) (answer string, verified int32, in bool) {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	form := url.Values{"csrfToken": {b.CSRFToken()}, "name": {name}, "password": {password}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	client(header, form)
	r, err := http.NewRequest("POST", s.URL+"/api/auth/callback/credentials", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	before := s.verified.Load()
	res, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	verified = s.verified.Load() - before
	res.Header.Del("Date")
	return fmt.Sprint(res.Status, res.Header, string(body)), verified, b.Session() != nil
}

// clients change a request to that of a browser or of one of the two clients of Auth.js.
var clients = map[string]func(http.Header, url.Values){
	"browser":     func(http.Header, url.Values) {},
	"Auth.js":     func(h http.Header, _ url.Values) { h.Set("X-Auth-Return-Redirect", "1") },
	"next-auth 4": func(_ http.Header, f url.Values) { f.Set("json", "true") },
}

// fiber CVE-2026-44332, Zitadel CVE-2026-23511: a visitor who does not know the password learns
// nothing. Status, body and headers are the same, and so is the work: one verification.
func TestPasswordDoesNotRevealUsers(t *testing.T) {
	t.Parallel()
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		s := newSite(t, protocol)
		for client, change := range clients {
			want, verified, in := s.try(t, "ann", "wrong", change)
			if verified != 1 || in || !strings.Contains(want, "CredentialsSignin") {
				t.Errorf("%s: a wrong password: %d verifications, %s", client, verified, want)
			}
			for _, tc := range []struct{ name, password string }{
				{"unknown", "right"}, {"unknown", "of nothing"}, {"without password", "right"},
				{"without password", "of nothing"}, {"locked", "wrong"}, {"locked", "of nothing"},
				{"locked, unknown", "right"}, {"not found", "right"}, {"not found", "of nothing"}, {" ann", "right"},
				{"ANN", "right"},
			} {
				got, verified, in := s.try(t, tc.name, tc.password, change)
				if got != want || verified != 1 || in {
					t.Errorf("%s: %q with %q: %d verifications, signed in: %t\n%s\nwant\n%s", client, tc.name,
						tc.password, verified, in, got, want)
				}
			}
		}
	}
}

func TestPasswordWithTheRightPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, cardea.ProtocolV5)
	for _, tc := range []struct {
		name     string
		answer   string // part of it
		verified int32
		in       bool
	}{
		{"ann", "Location:[" + s.URL + "]", 1, true},
		{"locked", "/signin?code=locked&error=CredentialsSignin", 1, false},
		{"limited", "429 Too Many Requests", 0, false},
		{"unavailable", "/error?error=Configuration", 0, false},
		{"broken", "/error?error=Configuration", 1, false},
	} {
		answer, verified, in := s.try(t, tc.name, "right", clients["browser"])
		if !strings.Contains(answer, tc.answer) || verified != tc.verified || in != tc.in {
			t.Errorf("%s: %d verifications, signed in: %t, %s", tc.name, verified, in, answer)
		}
	}
	if _, _, in := s.try(t, "ann", "", clients["browser"]); in {
		t.Error("an empty password signs in")
	}
}

func TestInputIsNotPrinted(t *testing.T) {
	t.Parallel()
	var got string
	p := credentials.New(credentials.Options{Fields: fields,
		Authorize: func(_ context.Context, in credentials.Input) (*cardea.User, error) {
			var log strings.Builder
			slog.New(slog.NewTextHandler(&log, nil)).Info("asked", "in", in)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("asked", "in", in)
			got = log.String() + fmt.Sprintf("%v %+v %#v %s %q %x %d %v", in, in, in, in, in, in, in, []any{in, &in})
			return nil, nil
		}})
	if _, err := p.Authorize(t.Context(), map[string]string{"password": "hunter2"},
		httptest.NewRequest("POST", "/", nil)); err != nil {
		t.Fatal(err)
	}
	if got == "" || strings.Contains(got, "hunter2") {
		t.Errorf("printed: %s", got)
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	e, ok := errors.AsType[*cardea.Error](credentials.Refuse("locked"))
	if !ok || e.Code != cardea.CodeCredentialsSignIn || e.Reason != "locked" ||
		!strings.HasPrefix(e.Error(), "CredentialsSignin: ") {
		t.Errorf("Refuse = %#v", e)
	}
}
