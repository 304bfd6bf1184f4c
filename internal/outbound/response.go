package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// MaxBody is the maximum length of a response that is read, in bytes, after decompression.
const MaxBody = 1 << 20

// Response is a response that was read completely.
type Response struct {
	Status int         // the HTTP status
	Header http.Header // the header
	Body   []byte      // the body, at most MaxBody long
}

// OK reports whether the status is 2xx: the server did what the request asked for. The standards
// say 200 for most requests, and some servers send 201 or 203 with the same body. A response
// without the body that the caller needs is OK, too; its body cannot be decoded.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Do sends a request to a URL that passes [CheckEndpoint], and reads the response. Whatever the
// client is configured to do, these are errors:
//
//   - a redirect, so that secrets in the request do not reach another server
//   - a response longer than [MaxBody]
//   - a response that has not ended after [Timeout], also if the client's own Timeout is longer, or
//     if its Transport does not observe the context of a request
//   - a nil client
//
// Do returns every other response, whatever its status. It sends and keeps no cookies. Errors
// contain neither the URL nor headers. Do sets the headers User-Agent and Accept if the request
// lacks them.
func Do(client *http.Client, req *http.Request) (*Response, error) {
	if client == nil {
		return nil, errors.New("no HTTP client")
	}
	if err := checkEndpoint(req.URL); err != nil {
		return nil, err
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "cardea") // some vendors refuse requests without a User-Agent
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	strict := *client
	strict.CheckRedirect = followNone
	strict.Jar = nil
	return withTimeout(req, func(req *http.Request) (*Response, error) { return send(&strict, req) })
}

// result is what send returns.
type result struct {
	resp *Response
	err  error
}

// withTimeout calls send with a request whose context ends after [Timeout], and does not wait any
// longer than that context lasts, even if send does.
func withTimeout(req *http.Request, send func(*http.Request) (*Response, error)) (*Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), Timeout)
	defer cancel()
	done := make(chan result, 1) // with room, so that a send which ends too late ends
	go func() {
		r := result{err: errors.New("the HTTP client panicked")}
		defer func() { recover(); done <- r }() // no handler above this goroutine would recover
		r.resp, r.err = send(req.WithContext(ctx))
	}()
	select {
	case r := <-done:
		return r.resp, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send sends a request and reads the response.
func send(client *http.Client, req *http.Request) (*Response, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, withCure(withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, fmt.Errorf("redirect refused (status %d)", resp.StatusCode)
	}
	body, err := read(resp.Body)
	if err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// withoutURL returns the cause of an error of [http.Client.Do], whose own text has the URL.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// withCure adds to the error of a request what can be done about it, where the error does not say.
func withCure(err error) error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return fmt.Errorf("%w; if the certificate is valid, set the clock of this machine, by NTP", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%w; if the authority is your own, set an HTTPClient that has it in RootCAs, or install the "+
			"authorities of the operating system (ca-certificates in a container)", err)
	}
	return err
}

func read(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("answer is longer than %d bytes", MaxBody)
	}
	return body, nil
}
