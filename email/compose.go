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

// look is what the HTML of a mail sees.
type look struct {
	Subject, Host, Code, URL, Note string
	Logo                           string // absolute, or empty
	Background, Text               string // of the button
	Dark                           bool
}

// Compose makes the mail that is sent by default: in English, as text and as HTML with the site's
// theme. A logo is shown if mail programs can load it, from an https URL or a path of the site.
func Compose(m *cardea.SignInMail) (Message, error) {
	site, err := url.Parse(m.Site)
	if err != nil || site.Host == "" {
		return Message{}, fmt.Errorf("the site %q has no host", m.Site)
	}
	l := look{
		Subject: "Sign in to " + site.Host, Host: breakable(site.Host), Code: m.Code, URL: m.URL,
		Logo: logo(site, m.Theme.Logo),
		Note: fmt.Sprintf("The link works once, for %s; the code for %s, in the browser where you asked for this "+
			"email. "+
			"Pass neither of them on. If you did not ask for this email, you can ignore it.", lifetime(m.MaxAge),
			lifetime(m.CodeMaxAge)),
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

// breakable keeps mail programs from making a link of a host's name, which somebody would then
// follow in the place of the button.
func breakable(host string) string { return strings.ReplaceAll(host, ".", "\u200b.") }

func logo(site *url.URL, image string) string {
	u, err := site.Parse(image)
	if image == "" || err != nil || u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// lifetime is a duration as people say it, cut to whole minutes.
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
