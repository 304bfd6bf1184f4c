package gormadapter_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
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

// The first server was away and has come back. Connections stay with the second one until they are
// as old as ConnMaxLifetime.
func TestFirstHostComesBack(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			second, _ := behind(t, o)
			first, o := behind(t, o)
			address := first.listener.Addr().String()
			o.DSN = strings.Replace(o.DSN, address, address+","+second.listener.Addr().String(), 1)
			if o.Driver == mysql.Driver { // only a URL may name several servers
				o.DSN = "mysql://" + strings.NewReplacer("tcp(", "", ")", "").Replace(o.DSN)
			}
			first.mu.Lock()
			first.fault, first.away = lost, true
			first.mu.Unlock()
			lasting := openExisting(t, o)
			o.ConnMaxLifetime = time.Millisecond
			brief := openExisting(t, o)
			for _, a := range []*gormadapter.Adapter{lasting, brief} {
				must(t, a.DB().Exec("SELECT 1").Error)
			}
			first.restore()
			for range 10 {
				must(t, lasting.DB().Exec("SELECT 1").Error)
			}
			if first.connections() > 0 {
				t.Error("a connection has left the second server before its time")
			}
			waitUntil(t, func() bool {
				must(t, brief.DB().Exec("SELECT 1").Error)
				return first.connections() > 0
			})
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
	for name, e := range map[string]struct {
		driver   gormadapter.Driver
		greeting string // what the server sends first
		request  int64  // how long the client's request for TLS is
		answer   string
	}{
		"PostgreSQL": {postgresql.Driver, "", 8, "S"},
		"MySQL":      {mysql.Driver, mySQLGreeting, 36, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := make(chan string, 10)
			port := listenWithTLS(t, names, func(conn net.Conn) error {
				io.WriteString(conn, e.greeting)
				_, err := io.CopyN(io.Discard, conn, e.request)
				io.WriteString(conn, e.answer)
				return err
			})
			_, err := gormadapter.Open(gormadapter.Options{
				Driver: e.driver, Host: "127.0.0.2,localhost", Port: port, User: "u", DBName: "d", TLS: &tls.Config{},
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
		})
	}
}

// mySQLGreeting is the packet with which a server of version 8 begins, which has TLS.
const mySQLGreeting = "\x49\x00\x00\x00\x0a8.0.0\x00" + "\x01\x00\x00\x00" + "12345678\x00" +
	"\xff\xff\xff\x02\x00\xff\xdf\x15" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "123456789012\x00" +
	"mysql_native_password\x00"

// listenWithTLS listens as a server that has TLS and no certificate. It sends the names that
// clients ask for.
func listenWithTLS(t *testing.T, names chan<- string, begin func(net.Conn) error) (port int) {
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
			if begin(conn) == nil {
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
