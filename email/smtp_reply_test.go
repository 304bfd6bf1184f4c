package email_test

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// replies answers the commands that begin with a word as the map says.
func replies(to map[string]string) func(string) string {
	return func(command string) string {
		verb, _, _ := strings.Cut(command, " ")
		return to[verb]
	}
}

// pausing returns a connection to a server that waits before it replies to a command, if it is in
// the map. "." is the end of the mail.
func pausing(replies map[string]string, pauses map[string]time.Duration) net.Conn {
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		text := textproto.NewConn(server)
		reply := func(command, usual string) bool {
			time.Sleep(pauses[command])
			line := cmp.Or(replies[command], usual)
			return line != "close" && text.PrintfLine("%s", line) == nil
		}
		for open := reply("", "220 ready"); open; {
			line, err := text.ReadLine()
			if err != nil {
				return
			}
			switch verb, _, _ := strings.Cut(line, " "); verb {
			case "DATA":
				open = reply(verb, "354 go ahead")
				if _, err := text.ReadDotBytes(); err != nil {
					return
				}
				open = open && reply(".", "250 delivered")
			case "QUIT":
				open = reply(verb, "221 bye")
			default:
				open = reply(verb, "250 fine")
			}
		}
	}()
	return client
}

// RFC 5321 § 4.5.3.2.6: a server that has the whole mail may take 10 minutes to say so, and a
// client that gives up before causes duplicates: swiftmailer/swiftmailer issue 828 and
// freescout-help-desk/freescout issue 5457.
func TestSMTPWaitsForTheServerToAcceptTheMail(t *testing.T) {
	t.Parallel()
	const slow = 10*time.Minute - time.Second
	for name, tc := range map[string]struct {
		replies map[string]string
		pauses  map[string]time.Duration
		took    time.Duration
	}{
		"a slow reply to the mail":       {nil, map[string]time.Duration{".": slow}, slow},
		"no reply to QUIT":               {nil, map[string]time.Duration{"QUIT": time.Hour}, time.Second},
		"an error at QUIT":               {map[string]string{"QUIT": "421 4.4.2 ann@example.com"}, nil, 0},
		"a connection that ends at QUIT": {map[string]string{"QUIT": "close"}, nil, 0},
		"something else at QUIT":         {map[string]string{"QUIT": "HTTP/1.1 400"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &email.SMTP{Host: "localhost", Dial: func(context.Context, string, string) (net.Conn, error) {
					return pausing(tc.replies, tc.pauses), nil
				}}
				start := time.Now()
				err := client.Send(t.Context(), message)
				if took := time.Since(start); err != nil || took != tc.took {
					t.Errorf("got %v after %v, want nil after %v", err, took, tc.took)
				}
				time.Sleep(tc.pauses["QUIT"]) // the server ends after it
			})
		})
	}
}

// When the visitor leaves while the server is thanking, the mail is sent all the same.
func TestSMTPHasSentWhatTheServerAccepted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Answer: func(command string) string {
		if command == "QUIT" {
			cancel()
		}
		return ""
	}})
	if err := sender(server, nil).Send(ctx, message); err != nil {
		t.Error(err)
	}
}

func TestSMTPSaysThatTheMailMayHaveBeenDelivered(t *testing.T) {
	t.Parallel()
	server := cardeatest.NewMailServer(t,
		cardeatest.MailServerConfig{Answer: replies(map[string]string{".": "close"})})
	err := sender(server, nil).Send(t.Context(), message)
	const want = "SMTP: end of DATA: the server closed the connection; it may have delivered the mail"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// A visitor who waits for a server that never answers can leave.
func TestSMTPStopsWaitingWithTheRequest(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Answer: func(command string) string {
		if command == "." {
			<-over
		}
		return ""
	}})
	t.Cleanup(func() { close(over) })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := sender(server, nil).Send(ctx, message); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
}

// What an administrator reads in the log says what to do, and never only "EOF".
func TestSMTPSaysWhatToDo(t *testing.T) {
	t.Parallel()
	refused := "550 5.7.1 ann@example.com: no"
	for _, tc := range []struct {
		name   string
		server cardeatest.MailServerConfig
		client func(*email.SMTP)
		want   string
	}{
		{"EHLO is refused, and the connection closed",
			cardeatest.MailServerConfig{Answer: replies(map[string]string{"EHLO": refused, "HELO": "close"})}, nil,
			"EHLO: the server answered with status 550 5.7.1; set SMTP.Hello to a host name that the server accepts"},
		{"EHLO and HELO are refused",
			cardeatest.MailServerConfig{Answer: replies(map[string]string{"EHLO": refused, "HELO": "501 no"})}, nil,
			"EHLO: the server answered with status 550 5.7.1; set SMTP.Hello"},
		{"the connection is closed at EHLO",
			cardeatest.MailServerConfig{Answer: replies(map[string]string{"EHLO": "close"})}, nil,
			"EHLO: the server closed the connection; set SMTP.Hello"},
		{"the connection is closed before the greeting",
			cardeatest.MailServerConfig{Answer: replies(map[string]string{"": "close"})}, nil,
			"greeting: the server closed the connection; set SMTP.ImplicitTLS if it expects TLS from the first byte"},
		{"a server that expects TLS from the first byte", cardeatest.MailServerConfig{ImplicitTLS: true},
			func(c *email.SMTP) { c.Timeout = time.Second },
			"greeting: no answer within 1s; set SMTP.ImplicitTLS if it expects TLS from the first byte"},
		{"a server that expects STARTTLS", cardeatest.MailServerConfig{StartTLS: true},
			func(c *email.SMTP) { c.ImplicitTLS = true },
			"TLS handshake: the server does not answer with TLS; remove SMTP.ImplicitTLS"},
		{"a server that wants authentication", cardeatest.MailServerConfig{StartTLS: true, Username: "app"}, nil,
			"MAIL: the server answered with status 530 5.7.0; check Options.From; if the server wants " +
				"authentication, set SMTP.Username"},
		{"a sender that the user may not have", cardeatest.MailServerConfig{
			StartTLS: true, Username: "app", Password: "the password",
			Answer: replies(map[string]string{"MAIL": refused}),
		}, signIn,
			"MAIL: the server answered with status 550 5.7.1; check that SMTP.Username may send as Options.From"},
		{"greylisting", cardeatest.MailServerConfig{
			Answer: replies(map[string]string{"RCPT": "450 4.2.0 ann@example.com"}),
		},
			nil, "RCPT: the server answered with status 450 4.2.0; the server refuses for the moment, so try again " +
				"later"},
		{"a mail that is refused", cardeatest.MailServerConfig{Answer: replies(map[string]string{".": refused})},
			nil,
			"end of DATA: the server answered with status 550 5.7.1; check Options.From and Options.Compose"},
		{"no server", cardeatest.MailServerConfig{}, func(c *email.SMTP) { c.Port = 1 },
			"connect: dial tcp 127.0.0.1:1: connect: connection refused; check SMTP.Host and SMTP.Port"},
		{"a certificate for another name", cardeatest.MailServerConfig{ImplicitTLS: true}, func(c *email.SMTP) {
			c.ImplicitTLS, c.TLS.ServerName = true, "other.example"
		}, "; set SMTP.Host to a name in the certificate, or SMTP.TLS to trust it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := cardeatest.NewMailServer(t, tc.server)
			err := sender(server, tc.client).Send(t.Context(), message)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "ann@") {
				t.Errorf("the error has the address: %v", err)
			}
		})
	}
}

// RFC 5321 § 3.2: a server that knows no EHLO is greeted with HELO.
func TestSMTPWithoutExtensions(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"500 what?", "502 5.5.1 no", "504 no"} {
		server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{
			Answer: replies(map[string]string{"EHLO": reply}),
		})
		if err := sender(server, nil).Send(t.Context(), message); err != nil {
			t.Errorf("%s: %v", reply, err)
		}
	}
}

// RFC 6531 § 3.4: SMTPUTF8 carries a risk, because the next server may not offer it, so mails that
// do not need it are sent without. Like kisli/vmime issue 186.
func TestSMTPAsksForSMTPUTF8OnlyIfNeeded(t *testing.T) {
	t.Parallel()
	const ascii, unicode = "ann@example.com", "jos\u00e9@example.com"
	for _, tc := range []struct {
		name, from, to, offered, want string
	}{
		{"ASCII", "a@example.com", ascii, "SMTPUTF8", "MAIL FROM:<a@example.com>"},
		{"ASCII with a name in Unicode", "B\u00fcro <a@example.com>", ascii, "SMTPUTF8", "MAIL FROM:<a@example.com>"},
		{"a recipient in Unicode", "a@example.com", unicode, "SMTPUTF8",
			"MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8"},
		{"a sender in Unicode", "\u00e4@example.com", ascii, "SMTPUTF8",
			"MAIL FROM:<\u00e4@example.com> BODY=8BITMIME SMTPUTF8"},
		{"offered in lower case", "a@example.com", unicode, "smtputf8",
			"MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8"},
		{"not offered and not needed", "a@example.com", ascii, "SIZE 1000", "MAIL FROM:<a@example.com>"},
		{"not offered", "a@example.com", unicode, "SIZE 1000", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			sent := ""
			server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{Answer: func(command string) string {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasPrefix(command, "MAIL") {
					sent = command
				}
				if strings.HasPrefix(command, "EHLO") {
					return "250-mail.example\r\n250-8BITMIME\r\n250 " + tc.offered
				}
				return ""
			}})
			m := message
			m.From, m.To = tc.from, tc.to
			err := sender(server, nil).Send(t.Context(), m)
			if (err == nil) != (tc.want != "") || sent != tc.want {
				t.Errorf("sent %q, %v; want %q", sent, err, tc.want)
			}
			if err != nil && !strings.Contains(err.Error(), "does not offer SMTPUTF8") {
				t.Error(err)
			}
		})
	}
}
