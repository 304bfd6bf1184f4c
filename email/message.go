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

// Message is a mail to one address. The JSON has neither the bodies nor Link and Code, and package
// fmt and loggers print none of them.
type Message struct {
	From    string // a name and an address, such as "Example <no-reply@example.com>"
	To      string // one address, without a name
	Subject string // in Unicode, without line breaks
	Text    string `json:"-"` // the body as plain text
	HTML    string `json:"-"` // the body as HTML; "" for a mail without HTML

	// Link is the sign-in link that the bodies contain, for a service that has its own template.
	Link string `json:"-"`

	// Code is the sign-in code that the bodies contain, for a service that has its own template.
	Code string `json:"-"`
}

var (
	errRecipient = errors.New("the recipient is not exactly one address")
	errSubject   = errors.New("the subject has a line break or another control character")
)

// envelope returns the addresses for the commands MAIL and RCPT. It returns an error if one of them
// could be read as anything but one address.
func (m *Message) envelope() (from, to string, err error) {
	sender, err := mail.ParseAddress(m.From)
	if err != nil || strings.ContainsFunc(m.From, isControl) {
		return "", "", errors.New("the sender is not exactly one address")
	}
	if strings.Count(m.To, "@") != 1 || strings.ContainsAny(m.To, " \"(),:;<>[]\\") ||
		strings.ContainsFunc(m.To, isControl) {
		return "", "", errRecipient
	}
	return sender.Address, m.To, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// encode returns the mail in the format of RFC 5322, with the bodies as alternatives (RFC 2046 §
// 5.1.4). id is used in the Message-ID and as the boundary.
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
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 § 5.2: prevents automatic replies
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
