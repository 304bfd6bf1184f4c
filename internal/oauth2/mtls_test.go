package oauth2_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// Connections are reused, by HTTP/2 for many requests at the same time. A request with the
// certificate must not use a connection without it, or vice versa.
func TestWithCertificateSharesNoConnection(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 ", http2), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.ProtoMajor, " ", len(r.TLS.PeerCertificates))
			}))
			server.EnableHTTP2 = http2
			server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
			server.StartTLS()
			t.Cleanup(server.Close)
			ask := func(client *http.Client) string {
				t.Helper()
				res, err := client.Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				return string(body)
			}
			version := map[bool]string{false: "1", true: "2"}[http2]
			base := server.Client()
			if got := ask(base); got != version+" 0" {
				t.Fatalf("before: %q", got)
			}
			presenting, err := oauth2.WithCertificate(base, certificate(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := ask(presenting); got != version+" 1" {
				t.Errorf("with the certificate: %q", got)
			}
			if got := ask(base); got != version+" 0" {
				t.Errorf("after: %q", got)
			}
		})
	}
}

// The certificate is presented even if the client was configured with another one, or has a TLS
// session of a connection without it.
func TestWithCertificateAlwaysPresentsIt(t *testing.T) {
	t.Parallel()
	own, other := certificate(t), certificate(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := r.TLS.PeerCertificates; len(c) == 1 && bytes.Equal(c[0].Raw, own.Certificate[0]) {
			fmt.Fprint(w, "known")
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	for name, change := range map[string]func(*tls.Config){
		"a session without the certificate": func(c *tls.Config) {
			c.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		},
		"another certificate": func(c *tls.Config) { c.Certificates = []tls.Certificate{other} },
		"a function that returns another certificate": func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &other, nil }
		},
	} {
		base := server.Client().Transport.(*http.Transport).Clone()
		change(base.TLSClientConfig)
		presenting, err := oauth2.WithCertificate(&http.Client{Transport: base}, own)
		if err != nil {
			t.Fatal(err)
		}
		for i, client := range []*http.Client{{Transport: base}, presenting} {
			res, err := client.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(body) != []string{"", "known"}[i] {
				t.Errorf("%s: client %d is %q, %v", name, i, body, err)
			}
		}
	}
}

func TestWithCertificateReplacesHTTP2ThatWasSetUpByHand(t *testing.T) {
	t.Parallel()
	type protocols = map[string]func(string, *tls.Conn) http.RoundTripper
	byHand := protocols{"h2": func(string, *tls.Conn) http.RoundTripper { return nil }}
	none := protocols{}
	for _, base := range []*http.Transport{{TLSNextProto: byHand}, {TLSNextProto: none}} {
		presenting, err := oauth2.WithCertificate(&http.Client{Transport: base}, certificate(t))
		if err != nil {
			t.Fatal(err)
		}
		got := presenting.Transport.(*http.Transport)
		if len(got.TLSNextProto) != 0 || (got.TLSNextProto == nil) != (len(base.TLSNextProto) > 0) {
			t.Errorf("of %d protocols %d are left", len(base.TLSNextProto), len(got.TLSNextProto))
		}
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
