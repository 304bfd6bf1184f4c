package oauth2

import (
	"crypto/tls"
	"fmt"
	"net/http"
)

// WithCertificate returns a client like another one that presents a certificate to servers that ask
// for one (RFC 8705 § 2). Its connections are its own: none is shared with requests that go
// without. A nil Transport is the default one, and any other kind than [http.Transport] is an
// error, because nothing is known of its connections.
func WithCertificate(client *http.Client, certificate tls.Certificate) (*http.Client, error) {
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	known, ok := base.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("a %T cannot be given a certificate, want a *http.Transport", base)
	}
	transport := known.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.Certificates = []tls.Certificate{certificate}
	transport.TLSClientConfig.GetClientCertificate = nil
	transport.TLSClientConfig.ClientSessionCache = nil // a session resumed is one of whoever began it
	if len(transport.TLSNextProto) > 0 {               // an HTTP/2 that was set up by hand keeps its connections there
		transport.TLSNextProto, transport.ForceAttemptHTTP2 = nil, true
	}
	presenting := *client
	presenting.Transport = transport
	return &presenting, nil
}
