package email_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// token is an SMTP.Token that always returns the same one.
func token(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// longToken is as long as one of Microsoft Entra, and too long for the AUTH command itself.
var longToken = strings.Repeat("eyJ0eXAiOiJKV1Qi.", 150)

func withToken(s string) func(*email.SMTP) {
	return func(c *email.SMTP) { c.Username, c.Token = "app", token(s) }
}

// Microsoft 365 offers "AUTH LOGIN XOAUTH2" ("Authenticate an IMAP, POP or SMTP connection using
// OAuth"), Gmail "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH", and older Exchange
// servers only LOGIN: jordan-wright/email issue 113 and mikel/mail issue 1357. RFC 4422 § 3.1 has
// the names in upper case, RFC 5321 § 2.4 says that case does not matter.
func TestSMTPAuthenticates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		offered string
		token   string // that of the server
		client  func(*email.SMTP)
		want    string
	}{
		{"PLAIN", "PLAIN", "", signIn, "PLAIN"},
		{"PLAIN before LOGIN", "LOGIN PLAIN", "", signIn, "PLAIN"},
		{"LOGIN alone", "LOGIN", "", signIn, "LOGIN"},
		{"names in lower case", "login", "", signIn, "LOGIN"},
		{"names in mixed case", "Ntlm Plain", "", signIn, "PLAIN"},
		{"Microsoft 365, with a password", "LOGIN XOAUTH2", "", signIn, "LOGIN"},
		{"Microsoft 365, with a token", "LOGIN XOAUTH2", longToken, withToken(longToken), "XOAUTH2"},
		{"Gmail, with a password", "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH", "", signIn, "PLAIN"},
		{"Gmail, with a token", "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH", "short", withToken("short"),
			"XOAUTH2"},
		{"XOAUTH2 in lower case", "xoauth2", "short", withToken("short"), "XOAUTH2"},
		{"OAUTHBEARER alone", "OAUTHBEARER", "short", withToken("short"), "OAUTHBEARER"},
		{"OAUTHBEARER, with a long token", "OAUTHBEARER", longToken, withToken(longToken), "OAUTHBEARER"},
	} {
		for _, implicit := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{
					StartTLS: !implicit, ImplicitTLS: implicit, Username: "app", Password: "the password",
					Token:      tc.token,
					Mechanisms: strings.Fields(tc.offered),
				})
				c := sender(server, tc.client)
				c.ImplicitTLS = implicit
				if err := c.Send(t.Context(), message); err != nil {
					t.Fatal(err)
				}
				d := server.Deliveries()[0]
				if d.Mechanism != tc.want || d.Username != "app" || !d.Encrypted {
					t.Errorf("delivered by %q with %q, encrypted %t; want %q", d.Username, d.Mechanism, d.Encrypted,
						tc.want)
				}
			})
		}
	}
}

// Keywords of EHLO are compared without case (RFC 5321 § 2.4), and old servers write AUTH=LOGIN.
func TestSMTPReadsEveryFormOfEHLO(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{
		"250-mail.example\r\n250-Size 1000\r\n250 AUTH=LOGIN PLAIN", "250-mail.example\r\n250 auth plain",
		"250-mail.example\r\n250-AUTH=LOGIN\r\n250 AUTH PLAIN", "250-mail.example\r\n250 Auth  Plain",
	} {
		server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{
			ImplicitTLS: true, Username: "app", Password: "the password",
			Answer: func(command string) string {
				if strings.HasPrefix(command, "EHLO") {
					return reply
				}
				return ""
			},
		})
		c := sender(server, signIn)
		c.ImplicitTLS = true
		if err := c.Send(t.Context(), message); err != nil {
			t.Errorf("%q: %v", reply, err)
		}
	}
}

// What an administrator reads in the log says which setting to change.
func TestSMTPSaysHowToAuthenticate(t *testing.T) {
	t.Parallel()
	const disabled = "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect for app@example.com"
	for _, tc := range []struct {
		name    string
		offered string
		reply   string // to AUTH
		client  func(*email.SMTP)
		want    string
	}{
		{"only OAuth, with a password", "XOAUTH2", "", signIn,
			"AUTH: the server offers AUTH XOAUTH2; set SMTP.Token if it wants OAuth, because SMTP.Password needs " +
				"PLAIN or LOGIN"},
		{"only passwords, with a token", "LOGIN PLAIN", "", withToken("t"),
			"AUTH: the server offers AUTH LOGIN PLAIN; set SMTP.Password, because SMTP.Token needs XOAUTH2 or " +
				"OAUTHBEARER"},
		{"neither", "GSSAPI NTLM", "", signIn, "AUTH: the server offers AUTH GSSAPI NTLM; set SMTP.Token"},
		{"a password that the server has disabled", "LOGIN", disabled, signIn,
			"AUTH: the server answered with status " +
				"535 5.7.139; check SMTP.Username and SMTP.Password; if the server wants OAuth, set SMTP.Token"},
		{"a wrong token", "XOAUTH2", "", withToken("another one"), "AUTH: the server answered with status 535 5.7.8; " +
			"check that SMTP.Token returns a token of SMTP.Username with the scope for SMTP"},
		{"a wrong token, with OAUTHBEARER", "OAUTHBEARER", "", withToken("another one"),
			"AUTH: the server answered with status 535 5.7.8; check that SMTP.Token"},
		{"a wrong password, with LOGIN", "LOGIN", "", func(c *email.SMTP) {
			c.Username, c.Password = "app", "another one"
		},
			"AUTH: the server answered with status 535 5.7.8; check SMTP.Username"},
		{"no token", "XOAUTH2", "", withToken(""), "AUTH: SMTP.Token returned no token"},
		{"a token that cannot be had", "XOAUTH2", "", func(c *email.SMTP) {
			c.Username, c.Token = "app", func(context.Context) (string, error) { return "", errNoToken }
		}, "AUTH: SMTP.Token: the issuer is down"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{
				StartTLS: true, Username: "app", Password: "the password", Token: "the token",
				Mechanisms: strings.Fields(tc.offered),
				Answer: func(command string) string {
					if strings.HasPrefix(command, "AUTH") {
						return tc.reply
					}
					return ""
				},
			})
			err := sender(server, tc.client).Send(t.Context(), message)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			for _, secret := range []string{"the password", "another one", "app@", "the token"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has %q: %v", secret, err)
				}
			}
			if strings.Contains(tc.name, "cannot be had") != errors.Is(err, errNoToken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

var errNoToken = errors.New("the issuer is down")

func TestSMTPAsksForATokenForEachMail(t *testing.T) {
	t.Parallel()
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{StartTLS: true, Username: "app", Token: "t"})
	calls := 0
	c := sender(server, func(c *email.SMTP) {
		c.Username, c.Token = "app", func(ctx context.Context) (string, error) {
			calls++
			return "t", ctx.Err()
		}
	})
	for range 2 {
		if err := c.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}
