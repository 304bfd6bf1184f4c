package email

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is a mail to one person.
type Message struct {
	From    string // a name and an address, such as "Example <no-reply@example.com>"
	To      string // one address, without a name
	Subject string
	Text    string // the body for readers without HTML
	HTML    string

	// Link and Code are what the bodies hold, for a service that has the bodies as a template.
	Link string
	Code string
}

var (
	errRecipient = errors.New("the recipient is not exactly one address")
	errSubject   = errors.New("the subject has a line break or another control character")
)

// envelope returns the addresses of the sender and of the recipient as a mail server gets them, if
// each can be read as one address only.
func (m *Message) envelope() (from, to string, err error) {
	sender, err := mail.ParseAddress(m.From)
	if err != nil || strings.ContainsFunc(m.From, isControl) {
		return "", "", errors.New("the sender is not an address")
	}
	if strings.Count(m.To, "@") != 1 || strings.ContainsAny(m.To, " \"(),:;<>[]\\") ||
		strings.ContainsFunc(m.To, isControl) {
		return "", "", errRecipient
	}
	return sender.Address, m.To, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// encode returns the mail as mail servers exchange it (RFC 5322, RFC 2046 § 5.1.4). id goes into
// the Message-ID and the boundary.
func (m *Message) encode(now time.Time, id string) ([]byte, error) {
	from, to, err := m.envelope()
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(m.Subject, isControl) {
		return nil, errSubject
	}
	sender, _ := mail.ParseAddress(m.From)
	_, domain, _ := strings.Cut(from, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", sender.String()},
		{"To", "<" + to + ">"},
		{"Subject", mime.QEncoding.Encode("utf-8", m.Subject)},
		{"Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", "<" + id + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 § 5.2: no answer from a robot, please
		{"MIME-Version", "1.0"},
		{"Content-Type", `multipart/alternative; boundary="` + id + `"`},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	parts := multipart.NewWriter(&b)
	if err := parts.SetBoundary(id); err != nil {
		return nil, err
	}
	for _, part := range [][2]string{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		if part[1] == "" {
			continue
		}
		if err := writePart(parts, part[0], part[1]); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writePart(parts *multipart.Writer, kind, body string) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write([]byte(body)); err != nil {
		return err
	}
	return q.Close()
}
