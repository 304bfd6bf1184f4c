package email

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mechanism is a way to authenticate (RFC 4954).
type mechanism struct {
	name      string
	initial   bool     // the command may contain the first response
	responses []string // to each challenge of the server in turn, whatever it says
}

// mechanismName is a name that is safe to be logged (RFC 4422 § 3.1).
var mechanismName = regexp.MustCompile(`^[A-Z0-9_-]{1,20}$`)

// maxCommand is the length of a command with its line break (RFC 5321 § 4.5.3.1.4). A longer
// response must wait for the challenge (RFC 4954 § 4).
const maxCommand = 512

func (d *smtpSession) authenticate() error {
	if d.Username == "" {
		return nil
	}
	mechanisms, err := d.mechanisms()
	if err != nil {
		return err
	}
	offered := d.offeredMechanisms()
	for _, m := range mechanisms {
		if slices.Contains(offered, m.name) {
			return d.authenticateWith(m)
		}
	}
	return d.noMechanism(offered)
}

// mechanisms returns the ways to authenticate, the preferred one first.
func (d *smtpSession) mechanisms() ([]mechanism, error) {
	if d.Token == nil {
		return []mechanism{
			{"PLAIN", true, []string{"\x00" + d.Username + "\x00" + d.Password}},
			{"LOGIN", false, []string{d.Username, d.Password}},
		}, nil
	}
	token, err := d.Token(d.ctx)
	if err != nil {
		return nil, fmt.Errorf("SMTP.Token: %w", err)
	}
	if token == "" {
		return nil, errors.New("SMTP.Token returned no token")
	}
	bearer := "\x01auth=Bearer " + token + "\x01\x01"
	port := strconv.Itoa(cmp.Or(d.Port, defaultPort))
	// The second response answers the reason of a failure, which comes before the status.
	return []mechanism{
		{"XOAUTH2", true, []string{"user=" + d.Username + bearer, ""}},
		{"OAUTHBEARER", true, []string{
			"n,a=" + saslName.Replace(d.Username) + ",\x01host=" + d.Host + "\x01port=" + port + bearer, "\x01",
		}},
	}, nil
}

// saslName escapes a name (RFC 5801 § 4).
var saslName = strings.NewReplacer("=", "=3D", ",", "=2C")

// authenticateWith answers the server's challenges until it accepts or refuses.
func (d *smtpSession) authenticateWith(m mechanism) error {
	line, responses := "AUTH "+m.name, m.responses
	if first := line + " " + encodeBase64(responses[0]); m.initial && len(first)+2 <= maxCommand {
		line, responses = first, responses[1:]
	}
	for {
		if err := d.text.PrintfLine("%s", line); err != nil {
			return err
		}
		status, text, err := d.text.ReadResponse(0)
		switch {
		case err != nil:
			return err
		case status == 235:
			return nil
		case status != 334:
			return &textproto.Error{Code: status, Msg: text}
		case len(responses) == 0:
			return fmt.Errorf("the server asks for more than AUTH %s has", m.name)
		}
		line, responses = encodeBase64(responses[0]), responses[1:]
	}
}

func encodeBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// noMechanism says what to do if the server offers none of the mechanisms.
func (d *smtpSession) noMechanism(offered []string) error {
	switch names := strings.Join(offered[:min(len(offered), 5)], " "); {
	case names == "":
		return errors.New("the server offers no authentication; check SMTP.Port, or remove SMTP.Username")
	case d.Token != nil:
		return fmt.Errorf("the server offers AUTH %s; set SMTP.Password, because SMTP.Token needs XOAUTH2 or "+
			"OAUTHBEARER",
			names)
	default:
		return fmt.Errorf("the server offers AUTH %s; set SMTP.Token if it wants OAuth, because SMTP.Password needs "+
			"PLAIN or LOGIN", names)
	}
}

func (d *smtpSession) authAdvice() string {
	if d.Token != nil {
		return "check that SMTP.Token returns a token of SMTP.Username with the scope for SMTP"
	}
	return "check SMTP.Username and SMTP.Password; if the server wants OAuth, set SMTP.Token"
}
