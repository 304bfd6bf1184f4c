package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
)

// The log has an error if the site is at fault, and the visitor is told so: by a status of 500 or
// more, or by a text that blames the server. An alert on errors then sees that nobody can sign in.
// Anything else is a warning, since strangers could raise the alert.
func TestLogLevelIsThatOfThePage(t *testing.T) {
	t.Parallel()
	type siteFault struct {
		name   string
		change func(*cardea.Config)
		start  func(*site)
	}
	misbehave := func(how cardeatest.Misbehaviour) func(*site) {
		return func(s *site) { s.issuer.Misbehave(how) }
	}
	refuse := func(err error) func(*cardea.Config) {
		return func(c *cardea.Config) {
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return "", err }
		}
	}
	cases := []siteFault{
		{"a wrong client secret", func(c *cardea.Config) { idp(c).ClientSecret = "guess" }, nil},
		{"a wrong issuer", func(c *cardea.Config) { idp(c).Issuer += "/realm" }, nil},
		{"a provider that is away", func(c *cardea.Config) { idp(c).Issuer = "http://localhost:1" }, nil},
		{"a broken token endpoint", nil, misbehave(cardeatest.Broken(cardeatest.Token, cardeatest.SendsError500))},
		{"an ID token of another client", nil, misbehave(cardeatest.AudForeign)},
		{"a profile that cannot be read", func(c *cardea.Config) {
			idp(c).Profile = func(context.Context, oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{}, errors.New("no such member")
			}
		}, nil},
		{"a callback with an error", refuse(errors.New("the directory is away")), nil},
		{"a cancelled sign-in", nil, misbehave(cardeatest.CallbackError("access_denied"))},
		{"a state of another request", nil, misbehave(cardeatest.CallbackForeignState)},
		{"a code of the application", refuse(&cardea.Error{Code: "nickname_taken"}), nil},
	}
	for _, code := range []cardea.Code{
		cardea.CodeConfiguration, cardea.CodeAccessDenied, cardea.CodeAccountNotLinked, cardea.CodeOAuthCallback,
		cardea.CodeInvalidCheck, cardea.CodeCredentialsSignIn, cardea.CodeMissingCSRF, cardea.CodeVerification,
		cardea.CodeRateLimited, cardea.CodeWrongCode,
	} {
		name := "Callbacks.SignIn returns " + string(code)
		cases = append(cases, siteFault{name, refuse(&cardea.Error{Code: code}), nil})
	}
	levels := map[string]bool{}
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		for _, tc := range cases {
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Protocol, c.Logger = protocol, log.logger()
				if tc.change != nil {
					tc.change(c)
				}
			})
			if tc.start != nil {
				tc.start(s)
			}
			b := newBrowser(t, s.URL)
			res := b.Post("/signin/idp", nil)
			for res.StatusCode == http.StatusSeeOther || res.StatusCode == http.StatusFound {
				res = visit(t, b, res.Header.Get("Location"))
			}
			levels[log.checkLevel(t, tc.name, res)] = true
		}
	}
	if len(levels) != 2 {
		t.Errorf("levels = %v, want two", levels)
	}
}

// checkLevel checks that the level of the only failure in the log is that of the page, and returns
// it.
func (l *logRecorder) checkLevel(t *testing.T, what string, res *http.Response) string {
	t.Helper()
	failures := l.records(t, "cardea: request failed")
	if len(failures) != 1 {
		t.Errorf("%s: %d failures logged, want 1: %s", what, len(failures), l)
		return ""
	}
	body := text(t, res)
	want := "WARN"
	if res.StatusCode >= http.StatusInternalServerError || strings.Contains(body, "on the server") {
		want = "ERROR"
	}
	if failures[0]["level"] != want {
		t.Errorf("%s: level %v, code %v, want %s as the page is %s", what, failures[0]["level"], failures[0]["code"],
			want, res.Status)
	}
	return want
}

// A mail server that is away is no fault of the visitor, who has typed the right address.
func TestPageDoesNotBlameTheVisitorForTheMailServer(t *testing.T) {
	t.Parallel()
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		var log logRecorder
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Logger, c.Protocol = log.logger(), protocol })
		b := newBrowser(t, s.URL)
		s.mails.Fail(errors.New("connection refused"))
		res := b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
		for res.StatusCode == http.StatusSeeOther || res.StatusCode == http.StatusFound {
			res = visit(t, b, res.Header.Get("Location"))
		}
		if level := log.checkLevel(t, "the mail server", res); level != "ERROR" {
			t.Errorf("level %s, want ERROR", level)
		}
	}
}

// Somebody who confirms who they are has done nothing wrong if the provider cannot be read.
func TestConfirmationDoesNotBlameTheVisitorForTheProvider(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s, _, b := longSignedIn(t, func(c *cardea.Config) { c.Logger = log.logger() })
	authorize := s.confirmAt(t, b, "idp", s.URL+"/fresh")
	s.issuer.Misbehave(cardeatest.Broken(cardeatest.Token, cardeatest.SendsError500))
	res := visit(t, b, consent(t, b, authorize))
	to := res.Header.Get("Location")
	if want := "/api/auth/confirm?callbackUrl=" + url.QueryEscape(s.URL+"/fresh") +
		"&error=Configuration"; to != s.URL+want {
		t.Errorf("%s to %s, want %s", res.Status, to, want)
	}
	log.checkLevel(t, "a confirmation", visit(t, b, to))
}
