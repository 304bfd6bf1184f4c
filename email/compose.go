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
	"github.com/cardea-auth/cardea/language"
)

//go:embed mail.html
var mailHTML string

var parseHTML = sync.OnceValues(func() (*template.Template, error) { return template.New("mail").Parse(mailHTML) })

// mailData is the data of mail.html.
type mailData struct {
	Subject, Host, Code, URL string
	Logo                     string // absolute URL, or empty
	Background, Text         string // colors of the button
	Dark                     bool

	Language               *language.Texts
	Heading                []language.Part // the subject; the placeholder is the host
	Button, OrCode, Advice string
}

// Compose returns the default mail: in m.Language, as text and as HTML with the site's theme. The
// HTML shows the theme's logo if its absolute URL is https; a path is taken relative to the site.
// Compose returns an error if m.Site has no host. It sets Subject, Text and HTML only.
func Compose(m *cardea.SignInMail) (Message, error) {
	site, err := url.Parse(m.Site)
	if err != nil || site.Host == "" {
		return Message{}, fmt.Errorf("SignInMail.Site: want an origin such as https://example.com, have %q", m.Site)
	}
	t := m.Language
	l := mailData{
		Subject: t.Text("mail.signin.subject", "site", site.Host), Host: breakable(site.Host), Code: m.Code, URL: m.URL,
		Logo: logo(site, m.Theme.Logo), Dark: m.Theme.ColorScheme == "dark",
		Language: t, Heading: t.Parts("mail.signin.subject"), Button: t.Text("mail.signin.button"),
		OrCode: t.Text("mail.signin.or"),
		Advice: t.Text("mail.signin.advice", "link", lifetime(t, m.MaxAge), "code", lifetime(t, m.CodeMaxAge)),
	}
	l.Background, l.Text = page.Theme(m.Theme).ButtonColors()

	var html strings.Builder
	parsed, err := parseHTML()
	if err == nil {
		err = parsed.Execute(&html, l)
	}
	if err != nil {
		return Message{}, fmt.Errorf("render the mail: %w", err)
	}
	text := strings.Join([]string{
		l.Subject, t.Text("mail.signin.open") + "\n" + m.URL, t.Text("mail.signin.code") + "\n" + m.Code, l.Advice,
	}, "\n\n") + "\n"
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
func lifetime(t *language.Texts, d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return t.Count("time.day", int(d/(24*time.Hour)))
	case d%time.Hour == 0 && d > time.Hour, d/time.Minute == 60:
		return t.Count("time.hour", int(d/time.Hour))
	}
	return t.Count("time.minute", int(d/time.Minute))
}
