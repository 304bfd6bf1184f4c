package outbound

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// Bounded returns a client for code that does not go through [Do]: it refuses what Do refuses, and
// hands out answers that are read to their end already. A nil client is one that fails each
// request.
func Bounded(client *http.Client) *http.Client {
	return &http.Client{Transport: bounded{client}, CheckRedirect: keepRedirect}
}

type bounded struct{ client *http.Client }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), Timeout)
	defer cancel()
	resp, err := Do(b.client, req.Clone(ctx))
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: resp.Status, Status: http.StatusText(resp.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(resp.Body)), ContentLength: int64(len(resp.Body)),
		Request: req,
	}, nil
}
