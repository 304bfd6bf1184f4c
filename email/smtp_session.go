package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// smtpSession is one connection to the server.
type smtpSession struct {
	*SMTP
	ctx        context.Context
	conn       net.Conn
	text       *textproto.Conn
	extensions map[string][]string // what EHLO has offered, with its parameters, in upper case
}

// smtpStep is a command with its reply, or several.
type smtpStep struct {
	name   string
	advice string        // for a server that refuses
	limit  time.Duration // at least SMTP.Timeout
	do     func() error
}

// deliver sends all commands for one mail.
func (d *smtpSession) deliver(from, to string, body []byte) error {
	for _, step := range []smtpStep{
		{name: "greeting", do: d.greet, advice: "check SMTP.Host and SMTP.Port"},
		{name: "EHLO", do: d.hello, advice: "set SMTP.Hello to a host name that the server accepts"},
		{name: "STARTTLS", do: d.encrypt, advice: "check SMTP.Port"},
		{name: "AUTH", do: d.authenticate, advice: d.authAdvice()},
		{name: "MAIL", do: func() error { return d.mail(from, to) }, advice: d.senderAdvice()},
		{name: "RCPT", do: func() error { return d.command(25, "RCPT TO:<"+to+">") }, advice: d.senderAdvice()},
		{name: "DATA", do: func() error { return d.data(body) }, advice: d.senderAdvice()},
		{name: "end of DATA", do: d.accepted, limit: finalTimeout, advice: "check Options.From and Options.Compose"},
	} {
		if err := d.run(step); err != nil {
			return err
		}
	}
	d.quit()
	return nil
}

// run runs a step within its time limit.
func (d *smtpSession) run(step smtpStep) error {
	limit := max(step.limit, d.timeout())
	if err := d.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return cmp.Or(d.ctx.Err(), err)
	}
	err := step.do()
	if err == nil {
		return nil
	}
	if ended := d.ctx.Err(); ended != nil {
		return ended
	}
	return d.explain(step, limit, err)
}

// quit ends the session. Whatever happens then, the server has accepted the mail.
func (d *smtpSession) quit() {
	_ = d.conn.SetDeadline(time.Now().Add(quitTimeout))
	_ = d.command(221, "QUIT")
}

// command sends a line, and returns an error unless the reply has the status that is wanted.
func (d *smtpSession) command(want int, line string) error {
	_, err := d.ask(want, line)
	return err
}

// ask is command, and returns the text of the reply.
func (d *smtpSession) ask(want int, line string) (reply string, err error) {
	if err := d.text.PrintfLine("%s", line); err != nil {
		return "", err
	}
	_, reply, err = d.text.ReadResponse(want)
	return reply, err
}

func (d *smtpSession) greet() error {
	_, _, err := d.text.ReadResponse(220)
	return err
}

// hello introduces this machine, and learns what the server offers. A server that knows no EHLO
// offers nothing (RFC 5321 § 3.2).
func (d *smtpSession) hello() error {
	name := cmp.Or(d.Hello, "localhost")
	reply, err := d.ask(250, "EHLO "+name)
	if _, refused := errors.AsType[*textproto.Error](err); refused && d.command(250, "HELO "+name) == nil {
		reply, err = "", nil
	}
	d.extensions = parseExtensions(reply)
	return err
}

// parseExtensions reads the reply to EHLO (RFC 5321 § 4.1.1.1). Case does not matter. Old servers
// write an equals sign behind AUTH.
func parseExtensions(reply string) map[string][]string {
	extensions := map[string][]string{}
	lines := strings.Split(strings.ToUpper(reply), "\n")
	for _, line := range lines[1:] { // the first one is the server's name
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '=' })
		if len(words) > 0 {
			extensions[words[0]] = append(extensions[words[0]], words[1:]...)
		}
	}
	return extensions
}

func (d *smtpSession) offers(extension string) bool {
	_, ok := d.extensions[extension]
	return ok
}

// encrypt starts TLS, after which the server may offer something else (RFC 3207 § 4.2).
func (d *smtpSession) encrypt() error {
	offered := d.offers("STARTTLS")
	switch {
	case d.implicit():
		return nil
	case offered && (d.mustEncrypt() || !redirect.IsLoopbackHost(d.Host)):
	case d.mustEncrypt():
		return errors.New("the server offers no encryption; set SMTP.ImplicitTLS if it expects TLS from the first byte")
	default:
		return nil
	}
	if err := d.command(220, "STARTTLS"); err != nil {
		return err
	}
	secure := tls.Client(d.conn, d.config())
	if err := secure.HandshakeContext(d.ctx); err != nil {
		return handshakeError(err)
	}
	d.conn, d.text = secure, textproto.NewConn(secure) // drops what came unencrypted (CVE-2011-0411)
	return d.hello()
}

// mail asks for SMTPUTF8 only for an address that needs it: a server that offers it may have to
// return such a mail, because the next server does not (RFC 6531 § 3.4).
func (d *smtpSession) mail(from, to string) error {
	line := "MAIL FROM:<" + from + ">"
	if strings.ContainsFunc(from+to, func(r rune) bool { return r > 0x7e }) {
		if !d.offers("SMTPUTF8") {
			return errors.New("an address has characters outside ASCII, but the server does not offer SMTPUTF8")
		}
		line += " BODY=8BITMIME SMTPUTF8"
	}
	return d.command(250, line)
}

func (d *smtpSession) data(body []byte) error {
	if err := d.command(354, "DATA"); err != nil {
		return err
	}
	w := d.text.DotWriter()
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}

// accepted reads the reply to the whole mail.
func (d *smtpSession) accepted() error {
	_, _, err := d.text.ReadResponse(250)
	return err
}

// offeredMechanisms returns the names of the server's AUTH mechanisms, each one once.
func (d *smtpSession) offeredMechanisms() []string {
	var names []string
	for _, name := range d.extensions["AUTH"] {
		if !slices.Contains(names, name) && mechanismName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}
