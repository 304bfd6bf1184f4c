package email

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
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

	// Username authenticates, over an encrypted connection only: with Token if that is set, else
	// with Password. Defaults to no authentication.
	Username string

	// Password belongs to Username. It is sent with AUTH PLAIN (RFC 4616) or, to a server that
	// offers only that, with AUTH LOGIN.
	Password string `json:"-"`

	// Token returns an OAuth 2.0 access token of Username, for a server that takes no passwords,
	// such as the one of Microsoft 365. It is sent with AUTH XOAUTH2 or OAUTHBEARER (RFC 7628).
	// Token is called for each mail, may be called concurrently, and should return the same token
	// until that expires. Its error is returned and logged. Defaults to Password.
	Token func(ctx context.Context) (string, error)

	// TLS configures the encryption, for example to trust another certificate authority. Defaults
	// to the system's authorities and TLS 1.2 or later.
	TLS *tls.Config `json:"-"`

	// InsecureAllowPlaintext sends mails unencrypted if the server does not offer STARTTLS. Anybody
	// who can read the traffic can then sign in as any user. It cannot be used with Username.
	InsecureAllowPlaintext bool

	// Timeout limits each step: the connection, and each command with its reply. Defaults to 10
	// seconds. For the reply to the end of the mail the limit is at least 10 minutes (RFC 5321 §
	// 4.5.3.2.6), because a server that is slow there, for example to look for viruses, delivers
	// the mail after all.
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
	finalTimeout   = 10 * time.Minute // see SMTP.Timeout
	quitTimeout    = time.Second      // the mail is accepted, and the visitor waits
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
	case s.Username == "" && s.Token != nil:
		return errors.New("Options.Sender: SMTP.Username: is empty, but Token is set; set both or neither")
	case s.Password != "" && s.Token != nil:
		return errors.New("Options.Sender: SMTP.Token: Password is set too; remove one of them")
	case s.Username != "" && s.InsecureAllowPlaintext:
		return errors.New("Options.Sender: SMTP.InsecureAllowPlaintext: would send the Password unencrypted; " +
			"remove it, or Username with Password or Token")
	case strings.ContainsAny(s.Hello, " \r\n"):
		return errors.New("Options.Sender: SMTP.Hello: want a host name, without spaces and line breaks")
	}
	return nil
}

// Send delivers m to the mail server. It returns when the server has accepted the mail or ctx ends.
// Errors contain the step, the status of the reply and what may help, but neither text of the mail
// nor of the reply, which often repeats an address.
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
	d := &smtpSession{SMTP: s, ctx: ctx, conn: conn, text: textproto.NewConn(conn)}
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
	if err != nil {
		return nil, fmt.Errorf("SMTP: connect: %w; check SMTP.Host and SMTP.Port", err)
	}
	if !s.implicit() {
		return conn, nil
	}
	secure := tls.Client(conn, s.config())
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("SMTP: %w", handshakeError(err))
	}
	return secure, nil
}
