package email_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

const key = "the-key-of-the-service"

// services makes a new service for each test, which sets its URL to a loopback address.
var services = map[string]func() *email.Service{
	"resend":       func() *email.Service { return email.Resend(key) },
	"postmark":     func() *email.Service { return email.Postmark(key) },
	"sendgrid":     func() *email.Service { return email.SendGrid(key) },
	"mailgun":      func() *email.Service { return email.Mailgun(email.MailgunEU, "mg.example.com", key) },
	"forwardemail": func() *email.Service { return email.ForwardEmail(key) },
	"loops":        func() *email.Service { return email.Loops(key, "clx-template") },
}

var signInMail = email.Message{
	From: "Exämple <no-reply@example.com>", To: "ann@example.org", Subject: "Sign in to example.com", Text: "Text\n",
	HTML: "<p>Text</p>",
	Link: "https://example.com/api/auth/callback/email?token=t", Code: "123456",
}

// Each service gets the request that its documentation requires. The golden files contain whole
// requests.
func TestServicesGetTheMail(t *testing.T) {
	t.Parallel()
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked := service(), make(chan string, 1)
			address := s.URL
			s.URL = serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked <- transcript(t, r)
				w.WriteHeader(http.StatusAccepted)
			})
			if err := s.Send(t.Context(), signInMail); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("service", name+".golden"), "POST "+address+"\n"+<-asked)
		})
	}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// transcript returns a request as it is in a golden file: the headers that matter, the user name
// and password of Basic authentication, and indented JSON.
func transcript(t *testing.T, r *http.Request) string {
	var b strings.Builder
	if user, password, ok := r.BasicAuth(); ok {
		r.Header.Set("Authorization", fmt.Sprintf("Basic (%s:%s)", user, password))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "User-Agent"}, name) {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if r.Header.Get("Content-Type") == "application/json" {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Error(err)
		}
		if body, err = json.MarshalIndent(v, "", "  "); err != nil {
			t.Error(err)
		}
	}
	return b.String() + "\n" + string(body) + "\n"
}

// If a service refuses a mail, the error contains neither the key nor text of the mail.
func TestServiceRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"a wrong key", 401, `{"message":"the-key-of-the-service is wrong"}`,
			"Resend: the service answered with status 401"},
		{"an address it does not like", 422, `{"message":"ann@example.org 123456"}`,
			"Resend: the service answered with status 422"},
		{"too many mails", 429, "", "Resend: the service answered with status 429"},
		{"its own failure", 500, "<html>", "Resend: the service answered with status 500"},
		{"no success with status 200", 200, `{"success":false}`,
			"Resend: the service refused the mail (status 200, code 0)"},
		{"an error code with status 200", 200, `{"ErrorCode":406}`,
			"Resend: the service refused the mail (status 200, code 406)"},
		{"a redirect", 302, "", "Resend: redirect refused (status 302)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := email.Resend(key)
			s.URL = serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "https://elsewhere.example")
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			})
			if err := s.Send(t.Context(), signInMail); err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestServiceGivesUp(t *testing.T) {
	t.Parallel()
	s, release := email.Resend(key), make(chan struct{})
	s.URL = serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, signInMail); err == nil || !strings.Contains(err.Error(), "deadline") ||
		strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
}

// A mail that could go to another address, or could add headers, is not sent.
func TestServiceRefusesInjection(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*email.Message){
		"two recipients":               func(m *email.Message) { m.To = "ann@example.org,eve@example.net" },
		"a name beside the recipient":  func(m *email.Message) { m.To = "Eve <eve@example.net>" },
		"a line break in the subject":  func(m *email.Message) { m.Subject = "Hello\r\nBcc: eve@example.net" },
		"a line break in the sender":   func(m *email.Message) { m.From = "a@example.com\r\nBcc: eve@example.net" },
		"a sender that is no address":  func(m *email.Message) { m.From = "nobody" },
		"a recipient with a line feed": func(m *email.Message) { m.To = "ann@example.org\n" },
	} {
		for service, newService := range services {
			s, m := newService(), signInMail
			s.URL = serve(t, func(http.ResponseWriter, *http.Request) {
				t.Errorf("%s: %s was called", name, service)
			})
			change(&m)
			if err := s.Send(t.Context(), m); err == nil {
				t.Errorf("%s: %s returns no error", name, service)
			}
		}
	}
}

// A mail without HTML, or from a sender without a name, has no empty parts, which some services
// refuse.
func TestServicesGetNoEmptyParts(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{
		"sendgrid": "text/html", "mailgun": "html=", "sendgrid without sender name": `"name"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, _, _ := strings.Cut(name, " ")
			s, m, asked := services[service](), signInMail, make(chan string, 1)
			m.From, m.HTML = "no-reply@example.com", ""
			s.URL = serve(t, func(_ http.ResponseWriter, r *http.Request) { asked <- transcript(t, r) })
			if err := s.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if sent := <-asked; strings.Contains(sent, part) {
				t.Errorf("%s is in\n%s", part, sent)
			}
		})
	}
}

// A wrong service of the application's is an error before anything is sent. The error contains
// neither the key nor text of the mail.
func TestServiceOfTheApplication(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*email.Service){
		"Own: encode the mail: no template": func(s *email.Service) {
			s.Body = func(email.Message) (any, error) { return nil, errors.New("no template") }
		},
		"Own: what Service.Body returned cannot be encoded as JSON": func(s *email.Service) {
			s.Body = func(email.Message) (any, error) { return json.Number(key), nil }
		},
		"Own: Service.URL is not a URL":     func(s *email.Service) { s.URL = "https://mail.example/" + key + "\n" },
		"Own: URL must be https, since its": func(s *email.Service) { s.URL = "http://mail.example/" + key },
		"calls to 169.254.169.254 are not ": func(s *email.Service) {
			s.URL, s.HTTPClient = "https://169.254.169.254/"+key, nil
		},
	} {
		s := &email.Service{
			Name: "Own", URL: "https://mail.example", Body: func(m email.Message) (any, error) { return m, nil },
			HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				t.Errorf("%s was asked", r.Host)
				return nil, errors.New("refused")
			})},
		}
		change(s)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := s.Send(ctx, signInMail); err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), key) {
			t.Errorf("got %v, want %s", err, want)
		}
		cancel()
	}
}

func TestMailgunDomainStaysOneSegment(t *testing.T) {
	t.Parallel()
	const want = "https://api.mailgun.net/v3/mg.example.com%2F..%2Fx%3Fy%23z/messages"
	if got := email.Mailgun(email.MailgunUS, "mg.example.com/../x?y#z", key).URL; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestServiceCallsByItsHTTPClient(t *testing.T) {
	t.Parallel()
	s, asked := email.Resend(key), ""
	s.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		asked = r.URL.String()
		return httptest.NewRecorder().Result(), nil
	})}
	if err := s.Send(t.Context(), signInMail); err != nil || asked != "https://api.resend.com/emails" {
		t.Errorf("asked %q, %v", asked, err)
	}
}

// roundTripper makes an http.RoundTripper of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Several mails use one connection, and the Content-Type is that of the body.
func TestServiceKeepsItsConnection(t *testing.T) {
	t.Parallel()
	s, asked := email.Resend(key), make(chan *http.Request, 1)
	s.Header["Content-Type"] = []string{"text/plain"}
	s.URL = serve(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r })
	from := map[string]bool{}
	for range 3 {
		if err := s.Send(t.Context(), signInMail); err != nil {
			t.Fatal(err)
		}
		r := <-asked
		from[r.RemoteAddr] = true
		if kind := r.Header["Content-Type"]; len(kind) != 1 || kind[0] != "application/json" {
			t.Errorf("got Content-Type %q", kind)
		}
	}
	if len(from) != 1 {
		t.Errorf("%d connections, want 1", len(from))
	}
}

func TestNewReportsMissingSettingsOfAService(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]*email.Service{
		"Options.Sender: Resend: the key is empty":             email.Resend(""),
		"Options.Sender: Postmark: the server token is empty":  email.Postmark(" "),
		"Options.Sender: SendGrid: the key is empty":           email.SendGrid(""),
		"Options.Sender: Mailgun: the domain is empty":         email.Mailgun(email.MailgunUS, "", key),
		"Options.Sender: Forward Email: the token is empty":    email.ForwardEmail(""),
		"Options.Sender: Loops: the transactional id is empty": email.Loops(key, ""),
		"Options.Sender: Own: Service.Body: is nil": {
			Name: "Own", URL: "https://mail.example",
		},
		"Options.Sender: Own: Service.URL: URL must be https, since its host ": {
			Name: "Own", URL: "http://mail.example",
			Body: func(email.Message) (any, error) { return nil, nil },
		},
	} {
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: memadapter.New(),
			Providers: []cardea.Provider{email.New(email.Options{From: "no-reply@example.com", Sender: s})},
		})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), key) {
			t.Errorf("New says %v, want %s", err, want)
		}
	}
}

// The service gets the mail that a visitor requests, and its link signs the visitor in.
func TestSignInThroughAService(t *testing.T) {
	t.Parallel()
	mails := make(chan string, 1)
	s := email.Loops(key, "clx-template")
	s.URL = serve(t, func(w http.ResponseWriter, r *http.Request) {
		var m struct{ DataVariables map[string]string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mails <- m.DataVariables["url"]
		fmt.Fprint(w, `{"success":true}`)
	})
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{email.New(email.Options{From: "no-reply@example.com", Sender: s})},
	})
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(auth)
	defer site.Close()
	browser := cardeatest.NewBrowser(t, site.URL)
	if res := browser.Post("/signin/email", url.Values{"email": {"ann@example.org"}}); res.StatusCode != http.StatusOK {
		t.Fatalf("requesting a mail: status %d", res.StatusCode)
	}
	res, err := browser.Get(<-mails)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if user, _ := browser.Session()["user"].(map[string]any); user["email"] != "ann@example.org" {
		t.Errorf("the session is of %v", user)
	}
}
