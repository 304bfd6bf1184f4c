package email_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/email"
)

// delivered matches the replies of a server that accepts each step: the greeting, EHLO, MAIL, RCPT,
// DATA, and the text.
var delivered = regexp.MustCompile(`(?s)^220.*\n250.*\n250.*\n25.*\n354.*\n250`)

// FuzzSMTP sends a mail to a server with arbitrary replies. Send must end, must return nil only if
// the server has accepted each step and the text, and must not repeat a reply in an error.
func FuzzSMTP(f *testing.F) {
	for _, seed := range []string{
		"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n",
		"220-a\r\n220 b\r\n250-mx\r\n250 STARTTLS\r\n250 ok\r\n250 ok\r\n354 \r\n250 \r\n",
		"554 ann@example.com\r\n", "220 hi\r\n250-\r\n",
		"220 hi\r\n500 no\r\n250 helo\r\n250 ok\r\n550 <ann@example.com>\r\n", "", "\x00", "HTTP/1.1 400\r\n",
		"220\r\n", "220 hi\n250 hi\n250 a\n250 b\n354\n554 spam for ann@example.com\n",
		"220 hi\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n250 ok\r\n", "999 x\r\n", "22",
		"220 " + strings.Repeat("a", 70000) + "\r\n", "220 hi\r\n250-" + strings.Repeat("x\r\n250-", 3000) + "\r\n",
		"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n554 spam for ann@example.com\r\n",
		"220 hi\r\n250 hi\r\n250 ok\r\n550 no\r\n354 go\r\n250 taken\r\n",
		"220 hi\r\n250 hi\r\n550 no\r\n250 ok\r\n354 go\r\n250 taken\r\n",
		"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n554 no\r\n250 taken\r\n",
		"554 no\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answers string) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c := &email.SMTP{Host: "localhost", Dial: func(context.Context, string, string) (net.Conn, error) {
			return answering(answers), nil
		}}
		err := c.Send(ctx, message)
		if ctx.Err() != nil {
			t.Fatal("Send did not end")
		}
		if err == nil && !delivered.MatchString(answers) {
			t.Error("Send returned nil, but the server has not accepted the mail")
		}
		if err != nil && (strings.ContainsAny(err.Error(), "@\r\n\x00") || len(err.Error()) > 200) {
			t.Errorf("the error is %q", err)
		}
	})
}

// answering returns a connection to a server that sends these replies, whatever it receives,
// and closes the connection.
func answering(answers string) net.Conn {
	client, server := net.Pipe()
	go func() {
		w := bufio.NewWriter(server)
		_, _ = io.WriteString(w, answers)
		_ = w.Flush()
		_ = server.Close()
	}()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	return client
}
