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

// Service is a [Sender] that sends mails through the HTTP API of a mail service. [Resend],
// [Postmark], [SendGrid], [Mailgun], [ForwardEmail] and [Loops] return one; for another service,
// write a struct literal. The fields must not be changed after the first mail; Send may be called
// concurrently.
type Service struct {
	// Name is the service's name in errors.
	Name string

	// URL is where mails are posted to. It must be https, or http on a loopback address.
	URL string

	// Header is sent with each request, for example with an API key.
	Header http.Header `json:"-"`

	// Body returns the body of the request for a mail: url.Values are sent as a form, any other
	// value as JSON. It may be called concurrently.
	Body func(m Message) (any, error)

	// HTTPClient sends the requests. Defaults to a client with a timeout of 10 seconds that follows
	// no redirects and refuses loopback addresses unless URL has one.
	HTTPClient *http.Client

	// Err is an error in the arguments of a constructor; [cardea.New] reports it.
	Err error

	once   sync.Once
	client *http.Client
}

// Send delivers m to the service. It returns when the service has accepted the mail or ctx ends.
// Errors contain the name of the service and the status of the response, but neither text of the
// mail, nor the key, nor text of the response, which often repeats them.
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

// request returns the HTTP request for a mail's body.
func (s *Service) request(ctx context.Context, body any) (*http.Request, error) {
	kind, encoded := "application/json", []byte(nil)
	if form, ok := body.(url.Values); ok {
		kind, encoded = "application/x-www-form-urlencoded", []byte(form.Encode())
	} else {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return nil, errors.New("what Service.Body returned cannot be encoded as JSON")
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(encoded))
	if err != nil {
		return nil, errors.New("Service.URL is not a URL")
	}
	for name, values := range s.Header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", kind)
	return req, nil
}

// accepted returns an error if the service has refused the mail. Some services do that with status
// 200 and {"success":false} or {"ErrorCode":300}.
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

// check reports what is wrong with the settings.
func (s *Service) check() error {
	if s.Err != nil {
		return fmt.Errorf("Options.Sender: %s: %w", s.Name, s.Err)
	}
	if s.Body == nil {
		return fmt.Errorf("Options.Sender: %s: Service.Body: is nil; set a function that encodes a mail", s.Name)
	}
	if err := outbound.CheckEndpoint(s.URL); err != nil {
		return fmt.Errorf("Options.Sender: %s: Service.URL: %w", s.Name, err)
	}
	return nil
}

// required returns an error that names the empty options. Names and values alternate.
func required(options ...string) error {
	var faults []error
	for i := 0; i < len(options); i += 2 {
		if strings.TrimSpace(options[i+1]) == "" {
			faults = append(faults, fmt.Errorf("the %s is empty; is its environment variable set?", options[i]))
		}
	}
	return errors.Join(faults...)
}

// bearer returns a header with a bearer token (RFC 6750 § 2.1).
func bearer(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

// basic returns a header with a user name and a password (RFC 7617 § 2).
func basic(name, password string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return r.Header
}
