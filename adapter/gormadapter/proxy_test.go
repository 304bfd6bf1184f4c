package gormadapter_test

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/go-sql-driver/mysql"
)

// fault is a way in which a database goes away in the middle of a client's request.
type fault string

const (
	lost       fault = "the request never arrives"
	unanswered fault = "the request is carried out, its answer never arrives"
	stalled    fault = "nothing arrives any more, and nothing says so"
	restarted  fault = "the request never arrives, and a new connection works at once"
)

// proxy is between the adapter and a database server, and makes the server go away at a request
// that the test chooses. Until restore the server stays away: new connections are cut or stall, as
// the old ones do.
type proxy struct {
	listener net.Listener
	server   string
	read     protocol

	mu      sync.Mutex
	open    map[net.Conn]bool
	fault   fault // what happens after left more requests; "" for nothing
	left    int
	late    bool // that request has passed, its answer must not
	away    bool
	strikes chan struct{} // closed when it happens
}

// newProxy starts a proxy for the server at an address such as 127.0.0.1:5432.
func newProxy(t testing.TB, server string, read protocol) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, read: read, open: map[net.Conn]bool{}, strikes: make(chan struct{})}
	go p.serve()
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut()
	})
	return p
}

// behind starts a proxy for the server of a database, and returns the options that connect through
// it, unencrypted.
func behind(t testing.TB, o gormadapter.Options) (*proxy, gormadapter.Options) {
	t.Helper()
	if kindOf(t, o) == "postgresql" {
		u, err := url.Parse(o.DSN)
		if err != nil {
			t.Fatal("the DSN is no URL")
		}
		p := newProxy(t, u.Host, postgreSQLRequest)
		query := u.Query()
		query.Set("sslmode", "disable")
		u.Host, u.RawQuery = p.listener.Addr().String(), query.Encode()
		o.DSN = u.String()
		return p, o
	}
	config, err := mysql.ParseDSN(o.DSN)
	if err != nil {
		t.Fatal("the DSN cannot be read")
	}
	p := newProxy(t, config.Addr, mySQLRequest)
	config.Addr, config.TLSConfig = p.listener.Addr().String(), ""
	o.DSN = config.FormatDSN()
	return p, o
}

// arm makes the server go away at the request after so many others.
func (p *proxy) arm(f fault, after int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.left = f, after
}

// restore brings the server back, with new connections only, and reports whether it had gone away.
func (p *proxy) restore() (gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		p.cut()
	}
	p.fault, p.late, p.away = "", false, false
	select {
	case <-p.strikes:
		gone = true
	default:
	}
	p.strikes = make(chan struct{})
	return gone
}

// struck is closed when the server goes away.
func (p *proxy) struck() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strikes
}

// strike makes the server go away now. The caller holds mu.
func (p *proxy) strike() {
	close(p.strikes)
	if p.fault != stalled {
		p.cut()
	}
	if p.fault == restarted {
		p.fault = ""
		return
	}
	p.away = true
}

// cut closes every connection. The caller holds mu.
func (p *proxy) cut() {
	for conn := range p.open {
		conn.Close()
	}
	clear(p.open)
}

// connections returns how many ends of connections the proxy has had since they were last cut.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(client)
	}
}

func (p *proxy) connect(client net.Conn) {
	defer client.Close()
	if !p.keep(client) {
		return
	}
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.keep(server) {
		return
	}
	go func() {
		p.passAnswers(client, server)
		client.Close()
	}()
	p.passRequests(server, client)
}

// keep records a connection, and reports whether it may be used. If the server stalls, it may, but
// gets no answer.
func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away && p.fault != stalled {
		return false
	}
	p.open[conn] = true
	return true
}

// passRequests forwards what a client sends, request by request.
func (p *proxy) passRequests(server io.Writer, client io.Reader) {
	in := bufio.NewReader(client)
	for first := true; ; first = false {
		request, answered, err := p.read(in, first)
		if err != nil {
			return
		}
		if !p.passRequest(answered) {
			continue
		}
		if _, err := server.Write(request); err != nil {
			return
		}
	}
}

// passAnswers forwards what the server sends. It drops what must not pass, until one side closes.
func (p *proxy) passAnswers(client io.Writer, server io.Reader) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if !p.passAnswer() {
			continue
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) passRequest(answered bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return false
	}
	if p.fault == "" || p.late || !answered {
		return true
	}
	if p.left--; p.left >= 0 {
		return true
	}
	if p.fault == unanswered {
		p.late = true
		return true
	}
	p.strike()
	return false
}

func (p *proxy) passAnswer() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late && !p.away {
		p.strike()
	}
	return !p.away
}
