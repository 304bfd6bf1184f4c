package oauth2

import (
	"crypto/tls"
	"fmt"
	"net/http"
)

// WithCertificate returns a copy of an HTTP client that presents a certificate to servers that ask
// for one (RFC 8705 § 2). The copy shares no connection with requests that are sent without the
// certificate. A nil Transport stands for [http.DefaultTransport]; a Transport that is not an
// [*http.Transport] is an error, because its connections cannot be separated.
func WithCertificate(client *http.Client, certificate tls.Certificate) (*http.Client, error) {
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	original, ok := base.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("a %T cannot be given a certificate, want a *http.Transport", base)
	}
	transport := original.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.Certificates = []tls.Certificate{certificate}
	transport.TLSClientConfig.GetClientCertificate = nil
	// A resumed TLS session is the one of the connection that began it, without the certificate.
	transport.TLSClientConfig.ClientSessionCache = nil
	// HTTP/2 that was set up by hand, with golang.org/x/net/http2, keeps its connections there.
	if len(transport.TLSNextProto) > 0 {
		transport.TLSNextProto, transport.ForceAttemptHTTP2 = nil, true
	}
	presenting := *client
	presenting.Transport = transport
	return &presenting, nil
}
