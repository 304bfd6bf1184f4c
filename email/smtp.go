package email

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// SMTP hands mails to a mail server (RFC 5321, RFC 6409), each over a connection of its own. The
// connection is encrypted and the server's certificate verified: from the first byte on port 465,
// else by STARTTLS, without which nothing is sent. A server on a loopback address, to which no
// password is sent, is spoken to in plain text. It is safe for concurrent use.
type SMTP struct {
	Host string // name of the server, for which its certificate must be valid
	Port int    // defaults to 587

	// ImplicitTLS encrypts from the first byte (RFC 8314 § 3.3). Port 465 implies it. Defaults to
	// STARTTLS.
	ImplicitTLS bool

	// Username and Password sign in with AUTH PLAIN, over an encrypted connection only. Defaults to
	// sending without.
	Username string
	Password string

	// TLS changes how the connection is encrypted, such as for a certificate of one's own
	// authority. Defaults to the system's authorities and TLS 1.2.
	TLS *tls.Config

	// InsecureAllowPlaintext sends mails through a server that offers no STARTTLS. Whoever sees the
	// traffic can sign in as anybody then.
	InsecureAllowPlaintext bool

	// Timeout bounds each step: connecting, and each command with its answer. Defaults to 10
	// seconds.
	Timeout time.Duration

	// Hello is the name by which this client introduces itself. Defaults to localhost.
	Hello string

	// Dial connects to the server, such as through a proxy. Defaults to a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	defaultPort    = 587
	implicitPort   = 465
	defaultTimeout = 10 * time.Second
)

func (s *SMTP) check() error {
	switch {
	case s.Host == "":
		return errors.New("Options.Sender: SMTP.Host: is empty")
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("Options.Sender: SMTP.Port: want a port, have %d", s.Port)
	case s.Username == "" && s.Password != "":
		return errors.New("Options.Sender: SMTP.Username: is empty, and there is a Password")
	case s.Username != "" && s.InsecureAllowPlaintext:
		return errors.New("Options.Sender: SMTP.InsecureAllowPlaintext: would send the Password in plain text")
	case strings.ContainsAny(s.Hello, " \r\n"):
		return errors.New("Options.Sender: SMTP.Hello: want a host name")
	}
	return nil
}

// Send delivers m to the mail server. Its errors name the step and the server's status, and hold
// nothing of the mail: servers like to repeat addresses.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	id := rand.Text()
	body, err := m.encode(time.Now(), id)
	if err != nil {
		return fmt.Errorf("encode the mail: %w", err)
	}
	from, to, err := m.envelope()
	if err != nil {
		return err
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	d := &dialog{SMTP: s, ctx: ctx, conn: conn}
	return d.deliver(from, to, body)
}

func (s *SMTP) timeout() time.Duration { return cmp.Or(s.Timeout, defaultTimeout) }

func (s *SMTP) implicit() bool { return s.ImplicitTLS || s.Port == implicitPort }

// mustEncrypt reports whether nothing may be said in plain text.
func (s *SMTP) mustEncrypt() bool {
	return s.Username != "" || !s.InsecureAllowPlaintext && !redirect.IsLoopbackHost(s.Host)
}

func (s *SMTP) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	c.ServerName = cmp.Or(c.ServerName, s.Host)
	return c
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	dial := s.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(cmp.Or(s.Port, defaultPort))))
	if err != nil || !s.implicit() {
		return conn, err
	}
	secure := tls.Client(conn, s.config())
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return secure, nil
}

// dialog is one connection to the server.
type dialog struct {
	*SMTP
	ctx  context.Context
	conn net.Conn
	c    *smtp.Client
}

// deliver says all that it takes, step by step.
func (d *dialog) deliver(from, to string, body []byte) error {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"greeting", d.greet},
		{"EHLO", func() error { return d.c.Hello(cmp.Or(d.Hello, "localhost")) }},
		{"STARTTLS", d.encrypt},
		{"AUTH", d.authenticate},
		{"MAIL", func() error { return d.mail(from, to) }},
		{"RCPT", func() error { return d.c.Rcpt(to) }},
		{"DATA", func() error { return d.data(body) }},
	} {
		if err := d.step(step.do); err != nil {
			return fmt.Errorf("SMTP: %s: %w", step.name, err)
		}
	}
	_ = d.step(d.c.Quit) // the mail is the server's by now
	return nil
}

// step does one thing within the time limit.
func (d *dialog) step(do func() error) error {
	if err := d.conn.SetDeadline(time.Now().Add(d.timeout())); err != nil {
		return cmp.Or(d.ctx.Err(), err)
	}
	err := do()
	if err == nil {
		return nil
	}
	if ended := d.ctx.Err(); ended != nil {
		return ended
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("the server answered with status %d", reply.Code)
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return errors.New("the server's answer is not SMTP")
	}
	return err
}

func (d *dialog) greet() (err error) {
	d.c, err = smtp.NewClient(d.conn, d.Host)
	return err
}

func (d *dialog) encrypt() error {
	if d.implicit() {
		return nil
	}
	offered, _ := d.c.Extension("STARTTLS")
	switch {
	case offered && (d.mustEncrypt() || !redirect.IsLoopbackHost(d.Host)):
		return d.c.StartTLS(d.config())
	case d.mustEncrypt():
		return errors.New("the server offers no encryption")
	}
	return nil
}

func (d *dialog) authenticate() error {
	if d.Username == "" {
		return nil
	}
	if ok, mechanisms := d.c.Extension("AUTH"); !ok || !strings.Contains(" "+mechanisms+" ", " PLAIN ") {
		return errors.New("the server offers no AUTH PLAIN")
	}
	return d.c.Auth(smtp.PlainAuth("", d.Username, d.Password, d.Host))
}

func (d *dialog) mail(from, to string) error {
	if ok, _ := d.c.Extension("SMTPUTF8"); !ok && strings.ContainsFunc(from+to, func(r rune) bool { return r > 0x7e }) {
		return errors.New("an address has characters beyond ASCII, and the server offers no SMTPUTF8")
	}
	return d.c.Mail(from)
}

func (d *dialog) data(body []byte) error {
	w, err := d.c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}
