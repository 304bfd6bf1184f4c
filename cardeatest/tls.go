package cardeatest

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
)

// NewTLSIssuer starts an identity provider like that of [NewIssuer], but with https. A second
// listener requires client certificates, for tls_client_auth and self_signed_tls_client_auth;
// discovery names its endpoints in mtls_endpoint_aliases (RFC 8705 § 5). The first listener asks
// for no certificate. Both end with the test.
func NewTLSIssuer(t testing.TB, persons ...Person) *Issuer {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	i := newIssuer("https://"+server.Listener.Addr().String(), "app", rand.Text(), persons)
	server.Config.Handler = i
	server.StartTLS()
	mutual := httptest.NewUnstartedServer(i)
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	i.mutualURL, i.certificate = mutual.URL, server.Certificate()
	t.Cleanup(func() {
		close(i.stopped)
		mutual.Close()
		server.Close()
	})
	return i
}

// HTTPClient returns a client that trusts the certificate of an issuer of [NewTLSIssuer], and no
// other. For another issuer it trusts none.
func (i *Issuer) HTTPClient() *http.Client {
	roots := x509.NewCertPool()
	if i.certificate != nil {
		roots.AddCert(i.certificate)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

// aliases returns the endpoints of the second listener.
func (i *Issuer) aliases() map[string]string {
	return map[string]string{
		"token_endpoint": i.mutualURL + "/token", "userinfo_endpoint": i.mutualURL + "/userinfo",
		"pushed_authorization_request_endpoint": i.mutualURL + "/par",
	}
}
