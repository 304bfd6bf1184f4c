package email

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Service hands mails to a mail service over its HTTP API. [Resend], [Postmark], [SendGrid],
// [Mailgun], [ForwardEmail] and [Loops] make one; write the literal for a service that has none. It
// is safe for concurrent use, and must not be changed once it sends.
type Service struct {
	Name   string // for errors
	URL    string // that takes the mails by POST: https, or http on a loopback address
	Header http.Header

	// Body makes of a mail what the service wants: url.Values are sent as a form, anything else as
	// JSON.
	Body func(m Message) (any, error)

	// HTTPClient makes the calls. Defaults to one that gives up after 10 seconds, follows no
	// redirects and connects to no loopback address unless URL is on one.
	HTTPClient *http.Client

	// Err is what a constructor found wrong with its options; cardea.New reports it.
	Err error

	once   sync.Once
	client *http.Client
}

// Send delivers m to the service. Its errors hold the name of the service and the status of its
// answer, and nothing of the mail, the key or the answer's text, which likes to repeat them.
func (s *Service) Send(ctx context.Context, m Message) error {
	if err := s.send(ctx, m); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

func (s *Service) send(ctx context.Context, m Message) error {
	if _, _, err := m.envelope(); err != nil {
		return err
	}
	if strings.ContainsFunc(m.Subject, isControl) {
		return errSubject
	}
	body, err := s.Body(m)
	if err != nil {
		return fmt.Errorf("encode the mail: %w", err)
	}
	req, err := s.request(ctx, body)
	if err != nil {
		return err
	}
	s.once.Do(func() {
		if s.client = s.HTTPClient; s.client == nil {
			s.client = outbound.Client(outbound.IsLoopbackURL(s.URL))
		}
	})
	resp, err := outbound.Do(s.client, req)
	if err != nil {
		return err
	}
	return accepted(resp)
}

func (s *Service) request(ctx context.Context, body any) (*http.Request, error) {
	kind, encoded := "application/json", []byte(nil)
	if form, ok := body.(url.Values); ok {
		kind, encoded = "application/x-www-form-urlencoded", []byte(form.Encode())
	} else {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return nil, errors.New("the mail has no JSON form")
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(encoded))
	if err != nil {
		return nil, errors.New("the service is not at a URL")
	}
	for name, values := range s.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", kind)
	return req, nil
}

// accepted goes by the status, and by the refusals that some services send with status 200:
// {"success":false}, {"ErrorCode":300}.
func accepted(resp *outbound.Response) error {
	if resp.Status < 200 || resp.Status > 299 {
		return fmt.Errorf("the service answered with status %d", resp.Status)
	}
	var answer struct {
		Success   *bool `json:"success"`
		ErrorCode int   `json:"ErrorCode"`
	}
	if json.Unmarshal(resp.Body, &answer) == nil &&
		(answer.ErrorCode != 0 || answer.Success != nil && !*answer.Success) {
		return fmt.Errorf("the service refused the mail (status %d, code %d)", resp.Status, answer.ErrorCode)
	}
	return nil
}

// check reports everything that is wrong.
func (s *Service) check() error {
	if s.Err != nil {
		return fmt.Errorf("Options.Sender: %s: %w", s.Name, s.Err)
	}
	if s.Body == nil {
		return fmt.Errorf("Options.Sender: %s: Service.Body: is nil", s.Name)
	}
	if err := outbound.CheckEndpoint(s.URL); err != nil {
		return fmt.Errorf("Options.Sender: %s: Service.URL: %w", s.Name, err)
	}
	return nil
}

// need is an error that names the options that are empty; names and values alternate.
func need(options ...string) error {
	var faults []error
	for i := 0; i < len(options); i += 2 {
		if strings.TrimSpace(options[i+1]) == "" {
			faults = append(faults, fmt.Errorf("the %s is empty; is its environment variable set?", options[i]))
		}
	}
	return errors.Join(faults...)
}

// bearer is a header with a key as RFC 6750 § 2.1 has it.
func bearer(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

// basic is a header with a name and a password as RFC 7617 § 2 has it.
func basic(name, password string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header
}
