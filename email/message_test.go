package email_test

import (
	"context"
	"errors"
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func request() *cardea.SignInMail {
	return &cardea.SignInMail{
		To: "ann@example.com",
		URL: "https://app.example.com/api/auth/callback/email" +
			"?callbackUrl=https%3A%2F%2Fapp.example.com%2F&email=ann%40example.com&token=0123abcd",
		MaxAge: 24 * time.Hour, Code: "01234567", CodeMaxAge: 10 * time.Minute, Site: "https://app.example.com",
	}
}

var unique = regexp.MustCompile(`(?m)(^Date: ).*$|[A-Z2-7]{26}`)

// The golden files are the mails as transmitted, without the parts that differ each time.
func TestMailsMatchGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.SignInMail){
		"plain": func(*cardea.SignInMail) {},
		"themed": func(m *cardea.SignInMail) {
			m.Theme = cardea.Theme{ColorScheme: "dark", Logo: "/logo.png", BrandColor: "#ffd43b", ButtonText: "#1a1a1a"}
			m.MaxAge, m.CodeMaxAge = 48*time.Hour, time.Minute
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
			m := request()
			change(m)
			p := email.New(email.Options{
				From: "Žofie & Söhne <no-reply@example.com>", Sender: &email.SMTP{Host: server.Host, Port: server.Port},
			})
			if err := p.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			d := server.Deliveries()[0]
			if d.From != "no-reply@example.com" || len(d.To) != 1 || d.To[0] != m.To {
				t.Errorf("from %q to %q", d.From, d.To)
			}
			compareGolden(t, name+".eml", unique.ReplaceAllString(string(d.Data), "$1…"))
			if got := server.Mails.Last(t, m.To); got.Link != m.URL || got.Code != m.Code ||
				!strings.Contains(got.HTML, m.Code) {
				t.Errorf("link %q, code %q", got.Link, got.Code)
			}
		})
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./email -update rewrites it. Got:\n%s", path, got)
	}
}

// NextAuth CVE-2022-31127: no value in a mail becomes markup or a header.
func TestHostileValuesStayTextInMails(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<a href="https://evil.example">x</a>`, `"><script>alert(1)</script>`, "javascript:alert(1)",
		"x\r\nBcc: eve@example.com", "{{.}}",
	} {
		m := request()
		m.To, m.Code, m.URL = evil+"@example.com", evil, m.URL+"&x="+evil
		m.Theme = cardea.Theme{BrandColor: evil, ButtonText: evil, Logo: evil}
		got, err := email.Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"<a href=\"https://evil", "<script", `="javascript:`, `src="x`} {
			if strings.Contains(got.HTML, part) {
				t.Errorf("%q: the HTML has %s", evil, part)
			}
		}
		if got.Subject != "Sign in to app.example.com" {
			t.Errorf("%q: subject %q", evil, got.Subject)
		}
	}
	m := request()
	m.Site = `https://<a href="https:evil.example">`
	if got, err := email.Compose(m); err == nil && strings.Contains(got.HTML, "<a href=\"https:evil") {
		t.Error("the host has become a link")
	}
}

// go-mail CVE-2025-59937 and similar faults: a mail with additional recipients or headers is not
// sent.
func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	s := &email.SMTP{Host: server.Host, Port: server.Port}
	good := email.Message{From: "Example <no-reply@example.com>", To: "ann@example.com", Subject: "Hello", Text: "x"}
	for name, change := range map[string]func(*email.Message){
		"two recipients":            func(m *email.Message) { m.To = "a@x.example,b@x.example" },
		"a recipient with a name":   func(m *email.Message) { m.To = "Ann <ann@example.com>" },
		"a recipient with a break":  func(m *email.Message) { m.To = "a@x.example\r\nRCPT TO:<b@x.example>" },
		"a recipient in quotes":     func(m *email.Message) { m.To = `"a@x.example"@y.example` },
		"parameters of RCPT":        func(m *email.Message) { m.To = "a@x.example> NOTIFY=SUCCESS" },
		"no recipient":              func(m *email.Message) { m.To = "" },
		"a second subject":          func(m *email.Message) { m.Subject = "Hello\r\nBcc: b@x.example" },
		"a sender with a break":     func(m *email.Message) { m.From = "a@x.example\r\nBcc: b@x.example" },
		"no sender":                 func(m *email.Message) { m.From = "Example" },
		"a recipient outside ASCII": func(m *email.Message) { m.To = "é@x.example" },
	} {
		m := good
		change(&m)
		if err := s.Send(t.Context(), m); err == nil || strings.Contains(err.Error(), "x.example") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(server.Deliveries()); n != 0 {
		t.Fatalf("%d mails", n)
	}
	good.Subject, good.Text = "Žofie\u2028", ".\r\n.\r\nQUIT\r\nBcc: b@x.example\n.\n"
	if err := s.Send(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	d := server.Deliveries()
	if len(d) != 1 || len(d[0].To) != 1 {
		t.Fatalf("%d mails", len(d))
	}
	in, err := mail.ReadMessage(strings.NewReader(string(d[0].Data)))
	if err != nil || in.Header.Get("Bcc") != "" || len(in.Header) != 8 {
		t.Errorf("header %v, %v", in.Header, err)
	}
	if got := server.Mails.Last(t, "ann@example.com"); got.Subject != good.Subject ||
		!strings.Contains(got.Text, "Bcc: b@x.example") {
		t.Errorf("arrived as %+v", got.Message)
	}
}

func TestComposeOfTheApplication(t *testing.T) {
	t.Parallel()
	var box cardeatest.Mailbox
	p := email.New(email.Options{From: "a@example.com", Sender: &box,
		Compose: func(_ context.Context, m *cardea.SignInMail) (email.Message, error) {
			if m.Code == "" {
				return email.Message{}, errors.New("no code")
			}
			return email.Message{Subject: "Přihlášení", Text: m.Code, To: "ignored@example.com"}, nil
		}})
	if err := p.Send(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if m := box.Last(t, "ann@example.com"); m.Subject != "Přihlášení" || m.Code != "01234567" ||
		m.From != "a@example.com" {
		t.Errorf("%+v", m)
	}
	if err := p.Send(t.Context(), &cardea.SignInMail{}); err == nil || err.Error() != "compose the mail: no code" {
		t.Errorf("got %v", err)
	}
}

func TestComposeNamesTheLifetime(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Minute: "for a minute;", 15 * time.Minute: "for 15 minutes;", time.Hour: "for an hour;",
		90 * time.Minute: "for 90 minutes;", 2 * time.Hour: "for 2 hours;",
		24 * time.Hour: "for 24 hours;", 72 * time.Hour: "for 3 days;", 36 * time.Hour: "for 36 hours;",
	} {
		m := request()
		m.MaxAge = d
		got, err := email.Compose(m)
		if err != nil || !strings.Contains(got.Text, want) {
			t.Errorf("%v: %q, %v", d, got.Text, err)
		}
	}
}
