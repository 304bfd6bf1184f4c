package cardeatest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/email"
)

// MailServer is an SMTP server on a loopback address that accepts every mail. [NewMailServer]
// starts one. All methods may be called concurrently; the fields must not be changed.
type MailServer struct {
	Host  string         // IP address on which it listens
	Port  int            // TCP port on which it listens
	Roots *x509.CertPool // verifies its certificate, which is valid for 127.0.0.1 and example.com
	Mails *Mailbox       // the mails that have arrived, parsed

	config   MailServerConfig
	cert     tls.Certificate
	listener net.Listener
	running  sync.WaitGroup

	mu         sync.Mutex
	deliveries []Delivery
	conns      []net.Conn
}

// MailServerConfig says what a [MailServer] offers. The zero value is a server without encryption
// and without authentication.
type MailServerConfig struct {
	StartTLS    bool   // offer STARTTLS
	ImplicitTLS bool   // use TLS from the first byte
	Username    string // require AUTH with this name, over TLS; "" requires none
	Password    string `json:"-"` // accepted with AUTH PLAIN and LOGIN
	Token       string `json:"-"` // access token, accepted with AUTH XOAUTH2 and OAUTHBEARER

	// Mechanisms are what AUTH offers, in any case; the server knows those four. Defaults to LOGIN
	// and PLAIN, or to the other two if Token is set.
	Mechanisms []string

	// Answer replaces the server's reply to a command. It returns the whole reply, such as "550
	// no", or "" to keep the server's, or "close" to close the connection. The command is the line
	// that the client sent, "" for the greeting, and "." for the body of a mail. It may be called
	// concurrently. Defaults to the replies of a working server.
	Answer func(command string) string
}

// Delivery is a mail as it was transmitted.
type Delivery struct {
	From      string   // address of the MAIL command
	To        []string // address of each RCPT command
	Data      []byte   `json:"-"` // header and body
	Encrypted bool     // the connection used TLS
	Username  string   // name of the AUTH command; "" without authentication
	Mechanism string   // that of the AUTH command, in upper case; "" without authentication
}

// NewMailServer starts a mail server, which ends with the test.
func NewMailServer(t testing.TB, config MailServerConfig) *MailServer {
	t.Helper()
	authority := httptest.NewTLSServer(nil) // has a certificate for loopback addresses
	authority.Close()
	s := &MailServer{
		config: config, cert: authority.TLS.Certificates[0], Roots: x509.NewCertPool(), Mails: new(Mailbox),
	}
	s.Roots.AddCert(authority.Certificate())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("cardeatest: mail server: %v", err)
	}
	s.listener = listener
	addr := listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = addr.IP.String(), addr.Port
	s.running.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

// Deliveries returns the mails that have arrived so far, oldest first.
func (s *MailServer) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

func (s *MailServer) close() {
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *MailServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.running.Go(func() {
			defer conn.Close()
			if s.config.ImplicitTLS {
				conn = tls.Server(conn, s.tls())
			}
			c := &mailConn{server: s, conn: conn, text: textproto.NewConn(conn)}
			c.delivery.Encrypted = s.config.ImplicitTLS
			c.serve()
		})
	}
}

func (s *MailServer) tls() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12}
}

// mailConn is one connection of a client.
type mailConn struct {
	server   *MailServer
	conn     net.Conn
	text     *textproto.Conn
	delivery Delivery
}

// serve answers commands until the client quits or the connection ends.
func (c *mailConn) serve() {
	if !c.reply("", "220 mail.example ready") {
		return
	}
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if !c.reply(line, c.answer(verb, line)) || verb == "QUIT" {
			return
		}
		switch verb {
		case "STARTTLS":
			c.conn = tls.Server(c.conn, c.server.tls())
			c.text = textproto.NewConn(c.conn)
			c.delivery = Delivery{Encrypted: true}
		case "DATA":
			if !c.data() {
				return
			}
		}
	}
}

// reply sends the answer to a command, and reports whether the connection is still open.
func (c *mailConn) reply(command, answer string) bool {
	if own := c.server.config.Answer; own != nil {
		if a := own(command); a != "" {
			answer = a
		}
	}
	return answer != "close" && c.text.PrintfLine("%s", answer) == nil
}

// answer returns a working server's reply to a command.
func (c *mailConn) answer(verb, line string) string {
	s := &c.server.config
	switch verb {
	case "EHLO":
		lines := []string{"mail.example", "8BITMIME"}
		if s.StartTLS && !c.delivery.Encrypted {
			lines = append(lines, "STARTTLS")
		}
		if s.Username != "" && c.delivery.Encrypted {
			lines = append(lines, "AUTH "+strings.Join(s.mechanisms(), " "))
		}
		last := len(lines) - 1
		for i := range lines[:last] {
			lines[i] = "250-" + lines[i]
		}
		lines[last] = "250 " + lines[last]
		return strings.Join(lines, "\r\n")
	case "AUTH":
		return c.authenticate(line)
	case "MAIL":
		if s.Username != c.delivery.Username {
			return "530 5.7.0 sign in first"
		}
		c.delivery.From = path(line)
	case "RCPT":
		c.delivery.To = append(c.delivery.To, path(line))
	case "STARTTLS":
		return "220 go ahead"
	case "DATA":
		return "354 go ahead"
	case "QUIT":
		return "221 bye"
	}
	return "250 fine"
}

// path returns the address of a MAIL or RCPT command (RFC 5321 § 4.1.2): everything between the
// outermost angle brackets.
func path(line string) string {
	begin, end := strings.IndexByte(line, '<'), strings.LastIndexByte(line, '>')
	if begin < 0 || end < begin {
		return ""
	}
	return line[begin+1 : end]
}

// data reads a mail, keeps it if it is accepted, and reports whether the connection is still open.
func (c *mailConn) data() bool {
	body, err := c.text.ReadDotBytes()
	if err != nil {
		return false
	}
	answer := "250 accepted"
	if own := c.server.config.Answer; own != nil {
		if a := own("."); a != "" {
			answer = a
		}
	}
	if strings.HasPrefix(answer, "2") {
		c.delivery.Data = body
		c.server.keep(c.delivery)
	}
	d := c.delivery
	c.delivery = Delivery{Encrypted: d.Encrypted, Username: d.Username, Mechanism: d.Mechanism}
	return answer != "close" && c.text.PrintfLine("%s", answer) == nil
}

func (s *MailServer) keep(d Delivery) {
	s.mu.Lock()
	s.deliveries = append(s.deliveries, d)
	s.mu.Unlock()
	if m, err := parseMail(d.Data); err == nil {
		m.To = strings.Join(d.To, ", ")
		_ = s.Mails.Send(context.Background(), m) // fails only if Mailbox.Fail says so
	}
}

// parseMail reads a mail with a text and an HTML part.
func parseMail(data []byte) (email.Message, error) {
	var m email.Message
	in, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return m, err
	}
	m.From = in.Header.Get("From")
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(in.Header.Get("Subject")); err != nil {
		return m, err
	}
	_, params, err := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if err != nil {
		return m, err
	}
	parts := multipart.NewReader(in.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return m, fmt.Errorf("read a part of the mail: %w", err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(body)
		} else {
			m.Text = string(body)
		}
	}
}
