package gormadapter_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/go-sql-driver/mysql"
)

// fault is a way in which a database goes away, in the middle of one message of its client.
type fault string

const (
	lost       fault = "the message never arrives"
	unanswered fault = "the message is carried out, its answer never arrives"
	stalled    fault = "nothing arrives any more, and nothing says so"
	restarted  fault = "the message never arrives, and a new connection works at once"
)

// proxy stands between the adapter and a database server, and makes the server go away at a message that the test chooses. Until restore it
// stays away: new connections are cut, or stall, like the old ones.
type proxy struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	open    map[net.Conn]bool
	fault   fault // what happens at the message after left others; "" when nothing is to happen
	left    int
	late    bool // that message has passed, its answer shall not
	away    bool
	strikes chan struct{} // closed when it happens
}

// newProxy starts a proxy before the server at an address such as 127.0.0.1:5432.
func newProxy(t testing.TB, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, open: map[net.Conn]bool{}, strikes: make(chan struct{})}
	go p.serve()
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut()
	})
	return p
}

// behind starts a proxy before the server of a database, and returns how to connect to the database through it.
func behind(t testing.TB, o gormadapter.Options) (*proxy, gormadapter.Options) {
	t.Helper()
	if o.Type == "postgresql" {
		u, err := url.Parse(o.DSN)
		if err != nil {
			t.Fatal("the DSN is no URL")
		}
		p := newProxy(t, u.Host)
		u.Host = p.listener.Addr().String()
		o.DSN = u.String()
		return p, o
	}
	config, err := mysql.ParseDSN(o.DSN)
	if err != nil {
		t.Fatal("the DSN cannot be read")
	}
	p := newProxy(t, config.Addr)
	config.Addr = p.listener.Addr().String()
	o.DSN = config.FormatDSN()
	return p, o
}

// arm makes the server go away at the message that comes after so many others.
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
		pump(client, server, p.passAnswer)
		client.Close()
	}()
	pump(server, client, p.passMessage)
}

// keep notes a connection, and reports whether there may be new ones. Where the server stalls there may, but nothing comes of them.
func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away && p.fault != stalled {
		return false
	}
	p.open[conn] = true
	return true
}

// pump copies what may pass. What may not is swallowed, until one of the ends is closed.
func pump(to io.Writer, from io.Reader, pass func() bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !pass() {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) passMessage() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return false
	}
	if p.fault == "" || p.late {
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
