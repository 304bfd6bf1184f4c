package gormadapter_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
)

// Nobody listens at 127.0.0.2, so the connection is to the second host.
func TestFirstHostIsAway(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := fieldsOf(t, e.empty(t), func(o *gormadapter.Options) {
				o.Host, o.TransactionPooler = "127.0.0.2, "+o.Host, e.name == "PgBouncer"
			})
			a := openOn(t, o)
			must(t, a.DB().Exec("SELECT 1").Error)
		})
	}
}

// A list that lacks a name is refused, and so is a socket among others.
func TestListsOfHostsAreChecked(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := fieldsOf(t, e.empty(t), nil)
			for _, hosts := range []string{"a,", ",a", "a,,b", "/run/socket,a", "a,/run/socket"} {
				o.Host = hosts
				if _, err := gormadapter.Open(o); err == nil || !strings.Contains(err.Error(), "Options.Host is") {
					t.Errorf("%q: got %v", hosts, err)
				}
			}
		})
	}
}

// With TLS each host is connected to, and its certificate is verified for its own name.
func TestEachHostIsVerifiedByItsName(t *testing.T) {
	t.Parallel()
	names := make(chan string, 10)
	port := postgreSQLWithTLS(t, names)
	_, err := gormadapter.Open(gormadapter.Options{
		Driver: postgresql.Driver, Host: "127.0.0.2,localhost", Port: port, User: "u", DBName: "d", TLS: &tls.Config{},
	})
	if err == nil {
		t.Error("connected without a certificate")
	}
	select {
	case name := <-names:
		if name != "localhost" {
			t.Errorf("the certificate was asked for %q, want localhost", name)
		}
	default:
		t.Errorf("nobody connected to the second host; the error is %v", err)
	}
}

// postgreSQLWithTLS listens as a server that has TLS and no certificate. It sends the names that
// clients ask for.
func postgreSQLWithTLS(t *testing.T, names chan<- string) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		names <- hello.ServerName
		return nil, errors.New("there is none")
	}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, conn, 8); err == nil { // SSLRequest
				conn.Write([]byte("S"))
				tls.Server(conn, config).Handshake()
			}
			conn.Close()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// Of several hosts the one that accepts writes is used, whatever their order is.
func TestStandbyIsNotUsed(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(addressOf(t, "CARDEA_TEST_STANDBY"))
	must(t, err)
	primary, standby, _ := strings.Cut(u.Host, ",")
	for _, hosts := range []string{u.Host, standby + "," + primary} {
		u.Host = hosts
		for _, query := range []string{"sslmode=disable", "sslmode=disable&target_session_attrs=any"} {
			u.RawQuery = query
			a, err := gormadapter.Open(gormadapter.Options{Driver: postgresql.Driver, DSN: u.String()})
			must(t, err)
			if got := setting(t, a, "SHOW transaction_read_only"); got != "off" {
				t.Errorf("%s: connected to the standby", query)
			}
			must(t, a.Close())
		}
	}
	u.Host = standby
	a, err := gormadapter.Open(gormadapter.Options{Driver: postgresql.Driver, DSN: u.String()})
	must(t, err) // the only host is used as it is: the application may read there
	must(t, a.Close())
}
