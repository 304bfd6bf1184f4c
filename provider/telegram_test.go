package provider_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/provider"
)

func newTelegramSite(t *testing.T) *nonOAuthSite {
	t.Helper()
	p := provider.Telegram(provider.Client{Secret: botToken}, provider.TelegramOptions{Page: "/telegram"})
	return newNonOAuthSite(t, p, nil)
}

func TestTelegramRefusesForgedFields(t *testing.T) {
	t.Parallel()
	const other = "7654321:AAE-an_invented-token-of-another-00"
	at := func(d time.Duration) url.Values {
		fields := telegramFields()
		fields.Set("auth_date", fmt.Sprint(time.Now().Add(d).Unix()))
		return fields
	}
	with := func(name, value string) url.Values {
		fields := telegramFields()
		fields.Set(name, value)
		return fields
	}
	changed := func(name, value string) url.Values {
		fields := telegramSigned(botToken, telegramFields())
		fields.Set(name, value)
		return fields
	}
	twice := func(name string) url.Values {
		fields := telegramSigned(botToken, telegramFields())
		fields.Add(name, "99")
		return fields
	}
	// Written as lines, these are also the fields of a user with the first name "Ann\nid=99".
	moved := telegramSigned(botToken, with("first_name", "Ann\nid=99"))
	moved.Set("first_name", "Ann")
	moved.Set("id", "99\nid=424242")
	for _, tc := range []struct {
		name   string
		fields url.Values
		reason string
	}{
		{"somebody else's id", changed("id", "99"), "the hash does not match"},
		{"a field more", changed("is_admin", "1"), "the hash does not match"},
		{"the hash of nothing", changed("hash", ""), "the hash does not match"},
		{"a hash that is none", changed("hash", "zz"), "the hash does not match"},
		{"of another bot", telegramSigned(other, telegramFields()), "the hash does not match"},
		{"signed without a token", telegramSigned("", telegramFields()), "the hash does not match"},
		{"no fields", url.Values{}, "the hash does not match"},
		{"old", telegramSigned(botToken, at(-6*time.Minute)), "auth_date is too old"},
		{"to come", telegramSigned(botToken, at(2*time.Minute)), "auth_date is too old"},
		{"without a time", telegramSigned(botToken, with("auth_date", "now")), "auth_date is not a time"},
		{"without an id", telegramSigned(botToken, with("id", "")), "the profile has no id"},
		{"a line break", telegramSigned(botToken, with("first_name", "Ann\nid=99")), "line break"},
		{"fields that were moved into others", moved, "line break"},
		{"an id twice", twice("id"), "more than one id"},
		{"a hash twice", twice("hash"), "more than one hash"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newTelegramSite(t)
			state := s.beginSignIn(t).Get("state")
			s.refused(t, app+"/api/auth/callback/telegram?state="+state+"&"+tc.fields.Encode(), tc.reason, botToken)
		})
	}
}

// The fields are not bound to a browser, so an attacker who has seen them could use them in their
// own sign-in.
func TestTelegramFieldsAreAcceptedOnce(t *testing.T) {
	t.Parallel()
	s := newTelegramSite(t)
	fields := telegramFields()
	if s.openCallback(t, telegramCallback(s.beginSignIn(t).Get("state"), fields)); s.Session() == nil {
		t.Fatalf("nobody is signed in:\n%s", s.log.String())
	}
	s.Browser = s.visitor(t, s.Transport.(inProcess))
	s.refused(t, telegramCallback(s.beginSignIn(t).Get("state"), fields), "the fields were already used", botToken)
	upper := telegramSigned(botToken, fields)
	upper.Set("hash", strings.ToUpper(upper.Get("hash")))
	s.refused(t, app+"/api/auth/callback/telegram?state="+s.beginSignIn(t).Get("state")+"&"+upper.Encode(),
		"the fields were already used", botToken)
}

// The callback in another browser signs nobody in, because the state belongs to the browser that
// began the sign-in.
func TestTelegramFieldsInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := newTelegramSite(t)
	callback := telegramCallback(s.beginSignIn(t).Get("state"), telegramFields())
	s.Browser = s.visitor(t, s.Transport.(inProcess))
	s.refused(t, callback, "no cookie of this flow", botToken)
}

func TestTelegramOptions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		secret, page string
		ok           bool
	}{
		{botToken, "/telegram", true},
		{botToken, "/de/telegram/", true},
		{botToken, "", false},
		{botToken, "telegram", false},
		{botToken, "//evil.example", false},
		{botToken, `/\evil.example`, false},
		{botToken, "https://evil.example/", false},
		{botToken, "/telegram?x", false},
		{"", "/telegram", false},
		{"1234567", "/telegram", false},
		{"1234567:short", "/telegram", false},
	} {
		p := provider.Telegram(provider.Client{Secret: tc.secret}, provider.TelegramOptions{Page: tc.page})
		if (p.Err == nil) != tc.ok {
			t.Errorf("%q %q: %v", tc.secret, tc.page, p.Err)
		}
		if p.Err != nil && tc.secret != "" && strings.Contains(p.Err.Error(), tc.secret) {
			t.Errorf("the error has the token: %v", p.Err)
		}
	}
}
