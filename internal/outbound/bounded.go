package outbound

import (
	"bytes"
	"io"
	"net/http"
)

// Bounded returns an HTTP client with the limits of [Do], for code that does not call Do: for the
// hooks of applications and for libraries. It refuses what Do refuses, and its responses were read
// completely before they are returned; they have no headers. If client is nil, every request fails.
func Bounded(client *http.Client) *http.Client {
	return &http.Client{Transport: bounded{client}, CheckRedirect: followNone}
}

// bounded is an http.RoundTripper that sends requests with Do.
type bounded struct{ client *http.Client }

// RoundTrip sends a copy of a request with Do, which may add headers to it.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := Do(b.client, req.Clone(req.Context()))
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: resp.Status, Status: http.StatusText(resp.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(resp.Body)), ContentLength: int64(len(resp.Body)),
		Request: req,
	}, nil
}
