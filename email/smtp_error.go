package email

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// enhancedStatus is the status code of RFC 3463 at the beginning of a reply.
var enhancedStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// explain says what went wrong in a step and what to do. It repeats no text of the server, but for
// its status.
func (d *smtpSession) explain(step smtpStep, limit time.Duration, err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("SMTP: %s: the server answered with status %s; %s", step.name, status(reply),
			refusalAdvice(step, reply))
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return fmt.Errorf("SMTP: %s: the server's answer is not SMTP; check SMTP.Host and SMTP.Port", step.name)
	}
	if isClosed(err) {
		return fmt.Errorf("SMTP: %s: the server closed the connection%s", step.name, d.silenceAdvice(step))
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Errorf("SMTP: %s: no answer within %v%s: %w", step.name, limit, d.silenceAdvice(step), err)
	}
	return fmt.Errorf("SMTP: %s: %w", step.name, err)
}

func isClosed(err error) bool {
	return slices.ContainsFunc([]error{
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, syscall.ECONNRESET, syscall.EPIPE,
	}, func(closed error) bool { return errors.Is(err, closed) })
}

// status returns the status of a reply, and its enhanced status if it has one.
func status(reply *textproto.Error) string {
	text := fmt.Sprint(reply.Code)
	if enhanced := enhancedStatus.FindString(reply.Msg); enhanced != "" {
		text += " " + enhanced
	}
	return text
}

// refusalAdvice says what to do about a refusal. One with 4xx is temporary (RFC 5321 § 4.2.1).
func refusalAdvice(step smtpStep, reply *textproto.Error) string {
	if reply.Code/100 == 4 {
		return "the server refuses for the moment, so try again later"
	}
	return step.advice
}

// silenceAdvice says what to do about a server that closed the connection, or does not answer.
func (d *smtpSession) silenceAdvice(step smtpStep) string {
	switch {
	case step.limit != 0:
		return "; it may have delivered the mail"
	case step.name == "greeting" && !d.implicit():
		return "; set SMTP.ImplicitTLS if it expects TLS from the first byte"
	}
	return "; " + step.advice
}

// handshakeError says what to do if TLS cannot be started.
func handshakeError(err error) error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return errors.New("TLS handshake: the server does not answer with TLS; remove SMTP.ImplicitTLS, and set the " +
			"SMTP.Port for STARTTLS, usually 587")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("TLS handshake: %w; set SMTP.Host to a name in the certificate, or SMTP.TLS to trust it", err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
}

// senderAdvice is for a server that refuses the sender, the recipient or both.
func (d *smtpSession) senderAdvice() string {
	if d.Username == "" {
		return "check Options.From; if the server wants authentication, set SMTP.Username"
	}
	return "check that SMTP.Username may send as Options.From"
}
