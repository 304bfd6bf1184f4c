package email

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/internal/page"
)

//go:embed mail.html
var mailHTML string

var parseHTML = sync.OnceValues(func() (*template.Template, error) { return template.New("mail").Parse(mailHTML) })

// mailData is the data of mail.html.
type mailData struct {
	Subject, Host, Code, URL, Note string
	Logo                           string // absolute URL, or empty
	Background, Text               string // colors of the button
	Dark                           bool
}

// Compose returns the default mail: in English, as text and as HTML with the site's theme. The HTML
// shows the theme's logo if its absolute URL is https; a path is taken relative to the site.
// Compose returns an error if m.Site has no host. It sets Subject, Text and HTML only.
func Compose(m *cardea.SignInMail) (Message, error) {
	site, err := url.Parse(m.Site)
	if err != nil || site.Host == "" {
		return Message{}, fmt.Errorf("SignInMail.Site: want an origin such as https://example.com, have %q", m.Site)
	}
	l := mailData{
		Subject: "Sign in to " + site.Host, Host: breakable(site.Host), Code: m.Code, URL: m.URL,
		Logo: logo(site, m.Theme.Logo),
		Note: fmt.Sprintf("The link works once, for %s; the code for %s, in the browser where you asked for "+
			"this email. Pass neither of them on. If you did not ask for this email, you can ignore it.",
			lifetime(m.MaxAge), lifetime(m.CodeMaxAge)),
		Dark: m.Theme.ColorScheme == "dark",
	}
	l.Background, l.Text = page.Theme(m.Theme).ButtonColors()

	var html strings.Builder
	t, err := parseHTML()
	if err == nil {
		err = t.Execute(&html, l)
	}
	if err != nil {
		return Message{}, fmt.Errorf("render the mail: %w", err)
	}
	text := fmt.Sprintf("%s\n\nOpen this link:\n%s\n\nOr type this code where you asked for this email:\n%s\n\n%s\n",
		l.Subject, m.URL, m.Code, l.Note)
	return Message{Subject: l.Subject, Text: text, HTML: html.String()}, nil
}

// breakable adds zero-width spaces to a host name, so that mail programs do not turn it into a link
// which somebody could follow instead of the button.
func breakable(host string) string { return strings.ReplaceAll(host, ".", "\u200b.") }

// logo returns the absolute URL of an image, or "" if it is not https.
func logo(site *url.URL, image string) string {
	u, err := site.Parse(image)
	if image == "" || err != nil || u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// lifetime returns a duration in words, rounded down to whole minutes.
func lifetime(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}} {
		if d%unit.length == 0 && d > unit.length {
			return fmt.Sprintf("%d %ss", d/unit.length, unit.name)
		}
	}
	switch n := d / time.Minute; n {
	case 60:
		return "an hour"
	case 1:
		return "a minute"
	default:
		return fmt.Sprintf("%d minutes", n)
	}
}
