package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// MaxBody is the longest answer that is read, in bytes, after decompression.
const MaxBody = 1 << 20

// Response is an answer read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request to an [Endpoint] and reads the answer. Whatever client is given, a redirect is
// an error and not followed, so that secrets in the request stay with the server they were meant
// for; so is an answer longer than [MaxBody]. Any other status is the caller's to judge. Errors
// hold neither URL nor headers. A nil client is an error.
func Do(client *http.Client, req *http.Request) (*Response, error) {
	if client == nil {
		return nil, errors.New("no HTTP client")
	}
	if err := checkEndpoint(req.URL); err != nil {
		return nil, err
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "cardea") // some vendors refuse requests without one
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	strict := *client
	strict.CheckRedirect = keepRedirect
	strict.Jar = nil
	resp, err := strict.Do(req)
	if err != nil {
		return nil, withoutURL(err)
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

func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
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

// Object reads a JSON object; numbers are json.Number. Errors don't quote the body.
func Object(body []byte) (map[string]any, error) {
	var v map[string]any
	if err := decode(body, &v); err != nil || v == nil {
		return nil, errors.New("answer is not a JSON object")
	}
	return v, nil
}

// Objects reads a JSON array of objects; numbers are json.Number. Errors don't quote the body.
func Objects(body []byte) ([]map[string]any, error) {
	var v []map[string]any
	if err := decode(body, &v); err != nil || v == nil {
		return nil, errors.New("answer is not a JSON array of objects")
	}
	return v, nil
}

func decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the value")
	}
	return nil
}
