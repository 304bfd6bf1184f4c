package email_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/ratelimit"
)

var message = email.Message{
	From: "Example <no-reply@example.com>", To: "ann@example.com", Subject: "Hello", Text: "Text\n",
	HTML: "<p>Text</p>",
}

// sender returns a client of server s that trusts its certificate.
func sender(s *cardeatest.MailServer, change func(*email.SMTP)) *email.SMTP {
	c := &email.SMTP{Host: s.Host, Port: s.Port, TLS: &tls.Config{RootCAs: s.Roots}}
	if change != nil {
		change(c)
	}
	return c
}

func signIn(c *email.SMTP) { c.Username, c.Password = "app", "the password" }

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		server cardeatest.MailServerConfig
		client func(*email.SMTP)
		want   cardeatest.Delivery
	}{
		{"plain text on loopback", cardeatest.MailServerConfig{}, nil, cardeatest.Delivery{}},
		{"plain text on loopback although encryption is offered", cardeatest.MailServerConfig{StartTLS: true}, nil,
			cardeatest.Delivery{}},
		{"a password makes it encrypt", cardeatest.MailServerConfig{
			StartTLS: true, Username: "app", Password: "the password",
		}, signIn, cardeatest.Delivery{Encrypted: true, Username: "app"}},
		{"TLS from the first byte", cardeatest.MailServerConfig{ImplicitTLS: true}, func(c *email.SMTP) {
			c.ImplicitTLS = true
		}, cardeatest.Delivery{Encrypted: true}},
		{"TLS from the first byte, with a password",
			cardeatest.MailServerConfig{ImplicitTLS: true, Username: "app", Password: "the password"},
			func(c *email.SMTP) {
				signIn(c)
				c.ImplicitTLS = true
			}, cardeatest.Delivery{Encrypted: true, Username: "app"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := cardeatest.NewMailServer(t, tc.server)
			if err := sender(server, tc.client).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			all := server.Deliveries()
			if len(all) != 1 || all[0].Encrypted != tc.want.Encrypted || all[0].Username != tc.want.Username ||
				all[0].From != "no-reply@example.com" {
				t.Fatalf("deliveries %+v", all)
			}
			if got := server.Mails.Last(t, message.To); got.Text != "Text\n" || got.HTML != "<p>Text</p>" ||
				got.Subject != "Hello" {
				t.Errorf("got %+v", got.Message)
			}
		})
	}
}

// onAnotherHost makes the client treat the server as one on another machine. The server's
// certificate is also valid for example.com.
func onAnotherHost(s *cardeatest.MailServer) func(*email.SMTP) {
	return func(c *email.SMTP) {
		c.Host = "example.com"
		c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
		}
	}
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	answer := func(command, reply string) func(string) string {
		return func(line string) string {
			if verb, _, _ := strings.Cut(line, " "); verb == command || command == "HEADER" && line == "" {
				return reply
			}
			return ""
		}
	}
	for _, tc := range []struct {
		name   string
		server cardeatest.MailServerConfig
		client func(*email.SMTP)
		want   string
	}{
		{"a password over plain text", cardeatest.MailServerConfig{Username: "app", Password: "the password"}, signIn,
			"STARTTLS: the server offers no encryption"},
		{"a certificate of an unknown authority", cardeatest.MailServerConfig{StartTLS: true, Username: "app"},
			func(c *email.SMTP) {
				signIn(c)
				c.TLS = nil
			}, "certificate"},
		{"a certificate for another name", cardeatest.MailServerConfig{ImplicitTLS: true}, func(c *email.SMTP) {
			c.ImplicitTLS, c.TLS.ServerName = true, "other.example"
		}, "certificate"},
		{"a wrong password", cardeatest.MailServerConfig{StartTLS: true, Username: "app", Password: "another one"},
			signIn, "AUTH: the server answered with status 535"},
		{"a server without authentication", cardeatest.MailServerConfig{StartTLS: true}, signIn,
			"AUTH: the server offers no authentication; check SMTP.Port, or remove SMTP.Username"},
		{"no greeting", cardeatest.MailServerConfig{Answer: answer("HEADER", "554 go away")}, nil,
			"greeting: the server answered with status 554"},
		{"another protocol", cardeatest.MailServerConfig{Answer: answer("HEADER", "HTTP/1.1 400 ann@example.com")}, nil,
			"greeting: the server's answer is not SMTP"},
		{"a recipient that the server does not know",
			cardeatest.MailServerConfig{Answer: answer("RCPT", "550 5.1.1 <ann@example.com>: no such user")}, nil,
			"RCPT: the server answered with status 550"},
		{"a sender that the server refuses",
			cardeatest.MailServerConfig{Answer: answer("MAIL", "553 <no-reply@example.com>")},
			nil, "MAIL: the server answered with status 553"},
		{"a mail that the server refuses",
			cardeatest.MailServerConfig{Answer: answer(".", "554 spam for ann@example.com")},
			nil, "DATA: the server answered with status 554"},
		{"a server that closes the connection", cardeatest.MailServerConfig{Answer: answer("RCPT", "close")}, nil,
			"RCPT: the server closed the connection; check "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := cardeatest.NewMailServer(t, tc.server)
			err := sender(server, tc.client).Send(t.Context(), message)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			for _, secret := range []string{"ann@", "no-reply@", "the password", "another one"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has %q: %v", secret, err)
				}
			}
			if n := len(server.Deliveries()); n != 0 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func TestSMTPSendsNothingUnencryptedToAnotherHost(t *testing.T) {
	t.Parallel()
	open := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	encrypted := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{StartTLS: true})
	if err := sender(open, onAnotherHost(open)).Send(t.Context(), message); err == nil ||
		!strings.Contains(err.Error(), "STARTTLS: the server offers no encryption") {
		t.Errorf("without encryption: %v", err)
	}
	if n := len(open.Deliveries()); n != 0 {
		t.Errorf("%d mails", n)
	}
	plain := func(s *cardeatest.MailServer) *email.SMTP {
		return sender(s, func(c *email.SMTP) { onAnotherHost(s)(c); c.InsecureAllowPlaintext = true })
	}
	if err := plain(open).Send(t.Context(), message); err != nil {
		t.Errorf("without encryption, allowed: %v", err)
	}
	for what, c := range map[string]*email.SMTP{
		"encrypted": sender(encrypted, onAnotherHost(encrypted)),
		"encrypted, although that is not required": plain(encrypted),
	} {
		if err := c.Send(t.Context(), message); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, d := range encrypted.Deliveries() {
		if !d.Encrypted {
			t.Error("a mail in plain text")
		}
	}
}

func TestSMTPGivesUp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "EHLO localhost", "RCPT TO:<ann@example.com>", "DATA", "."} {
		t.Run("at "+command, func(t *testing.T) {
			t.Parallel()
			over, reached := make(chan struct{}), make(chan struct{})
			server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Answer: func(line string) string {
				if line == command {
					close(reached)
					<-over
					return "close"
				}
				return ""
			}})
			t.Cleanup(func() { close(over) })
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-reached
				cancel()
			}()
			if err := sender(server, nil).Send(ctx, message); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
	}
	over := make(chan struct{})
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Answer: func(string) string {
		<-over
		return "close"
	}})
	t.Cleanup(func() { close(over) })
	err := sender(server, func(c *email.SMTP) { c.Timeout = 20 * time.Millisecond }).Send(t.Context(), message)
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestNewChecksTheOptions(t *testing.T) {
	t.Parallel()
	box := new(cardeatest.Mailbox)
	for want, o := range map[string]email.Options{
		"From: want an address":   {Sender: box},
		"Sender: is nil":          {From: "a@example.com"},
		"SMTP.Host: is empty":     {From: "a@example.com", Sender: &email.SMTP{}},
		"SMTP.Port: want a port":  {From: "a@example.com", Sender: &email.SMTP{Host: "x", Port: 70000}},
		"SMTP.Username: is empty": {From: "a@example.com", Sender: &email.SMTP{Host: "x", Password: "p"}},
		"SMTP.Username: is empty, but Token": {
			From: "a@example.com", Sender: &email.SMTP{Host: "x", Token: token("t")},
		},
		"SMTP.Token: Password is set too": {
			From: "a@example.com", Sender: &email.SMTP{Host: "x", Username: "u", Password: "p", Token: token("t")},
		},
		"SMTP.InsecureAllowPlaintext: would": {
			From: "a@example.com", Sender: &email.SMTP{Host: "x", Username: "u", InsecureAllowPlaintext: true},
		},
		"SMTP.Hello: want a host name": {From: "a@example.com", Sender: &email.SMTP{Host: "x", Hello: "a\r\nb"}},
	} {
		if p := email.New(o); p.Err == nil || !strings.Contains(p.Err.Error(), want) {
			t.Errorf("got %v, want %q", p.Err, want)
		}
	}
	p := email.New(email.Options{
		From: "Example <a@example.com>", Sender: box, ID: "mail", Name: "Mail", MaxAge: time.Hour,
		AddressLimit: ratelimit.Rate{Count: 1, Within: time.Hour},
	})
	if p.Err != nil || p.ID != "mail" || p.Name != "Mail" || p.MaxAge != time.Hour || p.AddressLimit.Count != 1 {
		t.Errorf("got %+v", p)
	}
}
