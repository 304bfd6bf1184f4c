package cardea

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// limiter keeps to a Limit for each key: of any span of time so long, no more than so many events.
// It lives in this process alone and remembers at most limiterSize keys; beyond that it forgets
// some early.
type limiter struct {
	limit  Limit
	mu     sync.Mutex
	events map[string][]time.Time // oldest first, at most limit.Count of them
	swept  time.Time
}

const limiterSize = 1 << 16

func newLimiter(l Limit) *limiter { return &limiter{limit: l, events: map[string][]time.Time{}} }

// allow counts an event of key, or refuses it without counting it.
func (l *limiter) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	recent := l.recent(key, now)
	if len(recent) >= l.limit.Count {
		return false
	}
	l.events[key] = append(recent, now)
	return true
}

// recent are the events of key that still count.
func (l *limiter) recent(key string, now time.Time) []time.Time {
	events := l.events[key]
	i := slices.IndexFunc(events, func(t time.Time) bool { return now.Sub(t) < l.limit.Within })
	if i < 0 {
		return nil
	}
	return events[i:]
}

// sweep forgets what counts no more, once a minute or when there is no more room.
func (l *limiter) sweep(now time.Time) {
	full := len(l.events) >= limiterSize
	if !full && now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for key := range l.events {
		if l.recent(key, now) == nil {
			delete(l.events, key)
		}
	}
	for key := range l.events {
		if len(l.events) < limiterSize {
			return
		}
		delete(l.events, key)
	}
}

// client names who sent a request for a limiter: the peer's address, or what a trusted proxy says
// it is. An IPv6 client has a whole /64 to itself, and counts as one.
func (o origins) client(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap()
	for hops := forwardedFor(r.Header); len(hops) > 0 && o.proxy(addr); hops = hops[:len(hops)-1] {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	addr = addr.WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	network, _ := addr.Prefix(64) // fails for no IPv6 address
	return network.String()
}

// forwardedFor is what X-Forwarded-For lists, the nearest hop last; only the entries that a trusted
// proxy has added are true.
func forwardedFor(h http.Header) []string {
	values := h.Values("X-Forwarded-For")
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}
