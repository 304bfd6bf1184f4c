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

// SMTP is a [Sender] that sends mails through a mail server (RFC 5321, RFC 6409), each over a new
// connection. The fields must not be changed after the first mail; Send may be called concurrently.
//
// The connection is encrypted, and the server's certificate is verified. On port 465 it is
// encrypted from the first byte, on other ports by STARTTLS; if the server does not offer that,
// nothing is sent. Only a server on a loopback address gets plain text, and only if Username is
// empty.
type SMTP struct {
	// Host is the server's name, for which its certificate must be valid.
	Host string

	// Port is the server's TCP port. Defaults to 587.
	Port int

	// ImplicitTLS encrypts the connection from the first byte (RFC 8314 § 3.3), as port 465 does
	// always. Defaults to STARTTLS.
	ImplicitTLS bool

	// Username authenticates with AUTH PLAIN, over an encrypted connection only. Defaults to no
	// authentication.
	Username string

	// Password belongs to Username.
	Password string

	// TLS configures the encryption, for example to trust another certificate authority. Defaults
	// to the system's authorities and TLS 1.2 or later.
	TLS *tls.Config

	// InsecureAllowPlaintext sends mails unencrypted if the server does not offer STARTTLS. Anybody
	// who can read the traffic can then sign in as any user. It cannot be used with Username.
	InsecureAllowPlaintext bool

	// Timeout limits each step: the connection, and each command with its reply. Defaults to 10
	// seconds.
	Timeout time.Duration

	// Hello is the host name that EHLO sends. Defaults to localhost.
	Hello string

	// Dial connects to the server, for example through a proxy. It may be called concurrently.
	// Defaults to the DialContext of a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	defaultPort    = 587
	implicitPort   = 465
	defaultTimeout = 10 * time.Second
)

// check reports what is wrong with the settings.
func (s *SMTP) check() error {
	switch {
	case s.Host == "":
		return errors.New("Options.Sender: SMTP.Host: is empty; set the name of the mail server")
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("Options.Sender: SMTP.Port: want a port up to 65535, or 0 for 587, have %d", s.Port)
	case s.Username == "" && s.Password != "":
		return errors.New("Options.Sender: SMTP.Username: is empty, but Password is set; set both or neither")
	case s.Username != "" && s.InsecureAllowPlaintext:
		return errors.New("Options.Sender: SMTP.InsecureAllowPlaintext: would send the Password unencrypted; " +
			"remove it, or Username and Password")
	case strings.ContainsAny(s.Hello, " \r\n"):
		return errors.New("Options.Sender: SMTP.Hello: want a host name, without spaces and line breaks")
	}
	return nil
}

// Send delivers m to the mail server. It returns when the server has accepted the mail or ctx ends.
// Errors contain the step and the status of the reply, but neither text of the mail nor of the
// reply, which often repeats an address.
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
	d := &smtpSession{SMTP: s, ctx: ctx, conn: conn}
	return d.deliver(from, to, body)
}

func (s *SMTP) timeout() time.Duration { return cmp.Or(s.Timeout, defaultTimeout) }

func (s *SMTP) implicit() bool { return s.ImplicitTLS || s.Port == implicitPort }

// mustEncrypt reports whether the connection must be encrypted.
func (s *SMTP) mustEncrypt() bool {
	return s.Username != "" || !s.InsecureAllowPlaintext && !redirect.IsLoopbackHost(s.Host)
}

// config returns the TLS configuration for a connection.
func (s *SMTP) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	c.ServerName = cmp.Or(c.ServerName, s.Host)
	return c
}

// dial connects to the server, with TLS if it is implicit.
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
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

// smtpSession is one connection to the server.
type smtpSession struct {
	*SMTP
	ctx  context.Context
	conn net.Conn
	c    *smtp.Client
}

// deliver sends all commands for one mail.
func (d *smtpSession) deliver(from, to string, body []byte) error {
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
	_ = d.step(d.c.Quit) // the server has accepted the mail
	return nil
}

// step runs do within the time limit, and removes the text of the server's reply from its error.
func (d *smtpSession) step(do func() error) error {
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

func (d *smtpSession) greet() (err error) {
	d.c, err = smtp.NewClient(d.conn, d.Host)
	return err
}

func (d *smtpSession) encrypt() error {
	if d.implicit() {
		return nil
	}
	offered, _ := d.c.Extension("STARTTLS")
	switch {
	case offered && (d.mustEncrypt() || !redirect.IsLoopbackHost(d.Host)):
		return d.c.StartTLS(d.config())
	case d.mustEncrypt():
		return errors.New("the server offers no encryption; set SMTP.ImplicitTLS if it expects TLS from the first byte")
	}
	return nil
}

func (d *smtpSession) authenticate() error {
	if d.Username == "" {
		return nil
	}
	if ok, mechanisms := d.c.Extension("AUTH"); !ok || !strings.Contains(" "+mechanisms+" ", " PLAIN ") {
		return errors.New("the server offers no AUTH PLAIN, which SMTP.Username needs")
	}
	return d.c.Auth(smtp.PlainAuth("", d.Username, d.Password, d.Host))
}

func (d *smtpSession) mail(from, to string) error {
	if ok, _ := d.c.Extension("SMTPUTF8"); !ok && strings.ContainsFunc(from+to, func(r rune) bool { return r > 0x7e }) {
		return errors.New("an address has characters outside ASCII, but the server does not offer SMTPUTF8")
	}
	return d.c.Mail(from)
}

func (d *smtpSession) data(body []byte) error {
	w, err := d.c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}
