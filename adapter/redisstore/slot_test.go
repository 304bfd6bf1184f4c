package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
	"github.com/redis/go-redis/v9"
)

// A slot of a cluster moves from node to node while two processes use its keys, so nodes answer
// with MOVED and ASK. Nothing fails, nothing is counted or used twice, what was used and has ended
// stays so, and a session that has ended is read nowhere.
func TestSlotMovesUnderLoad(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "RedisCluster", "CARDEA_TEST_REDIS_CLUSTER")
	o, log := withSessions(), new(logbook)
	o.Logger = log.logger()
	o.Prefix = "{a}:" // all keys are in one slot
	inner := memadapter.New()
	var stores []cardea.Adapter
	var counts []ratelimit.Store
	for range 2 {
		s := newStore(t, clusterEngine.clientOf(t, servers.address), o)
		counts, stores = append(counts, s), append(stores, wrap(t, s, inner))
	}
	u := &cardea.User{Name: "Ann"}
	must(t, inner.CreateUser(t.Context(), u))
	limit := ratelimit.Rate{Count: 20, Within: 20 * time.Hour}
	var counted, rounds atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			ctx, one, two := t.Context(), stores[worker%2], stores[(worker+1)%2]
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprint(worker, ".", n)
				ok, _, err := counts[worker%2].TakeLimit(ctx, "all", limit, time.Now())
				if ok {
					counted.Add(1)
				}
				row := &cardea.VerificationToken{Identifier: "once:idp", Token: name, Expires: inTime(time.Hour)}
				if err := errors.Join(err, tokensOf(t, one).CreateVerificationToken(ctx, row)); err != nil {
					t.Errorf("count and use: %v", err)
					return
				}
				if err := tokensOf(t, two).CreateVerificationToken(ctx, row); !errors.Is(err, cardea.ErrConflict) {
					t.Errorf("use again: %v", err)
				}
				row.Identifier = "signout:"
				err = tokensOf(t, one).ExtendVerificationToken(ctx, row)
				if _, read := tokensOf(t, two).VerificationToken(ctx, "signout:", name); err != nil || read != nil {
					t.Errorf("a session has ended: %v, %v", err, read)
				}
				err = sessionsOf(t, one).CreateSession(ctx,
					&cardea.Session{Token: name, UserID: u.ID, Expires: inTime(time.Hour)})
				for _, a := range []cardea.Adapter{one, two} {
					_, read := sessionsOf(t, a).Session(ctx, name)
					err = errors.Join(err, read)
				}
				if err = errors.Join(err, sessionsOf(t, one).DeleteSession(ctx, name)); err != nil {
					t.Errorf("make, read and end a session: %v", err)
				}
				if _, err := sessionsOf(t, two).Session(ctx, name); !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("a session that has ended: %v", err)
				}
				rounds.Add(1)
			}
		})
	}
	mover := newSlotMover(t, servers.address, "{a}")
	for range 4 {
		mover.move(func() {
			before := rounds.Load()
			eventually(t, "rounds in the middle of a move", func(context.Context) error {
				if rounds.Load() < before+8 && !t.Failed() {
					return errors.New("none")
				}
				return nil
			})
		})
	}
	close(stop)
	all.Wait()
	if n := counted.Load(); n != 20 {
		t.Errorf("%d events were allowed, want 20", n)
	}
	if log.count("level=") > 0 {
		t.Errorf("the log says %s", &log.text)
	}
	for kind, n := range mover.answers(t) {
		if n == 0 {
			t.Errorf("no node has answered with %s", kind)
		}
	}
}

// slotMover moves a slot of a cluster from node to node, as redis-cli --cluster reshard does.
type slotMover struct {
	t     *testing.T
	slot  int
	nodes []*redis.Client
	ids   []string
	owner int
}

func newSlotMover(t *testing.T, addresses, key string) *slotMover {
	t.Helper()
	m := &slotMover{t: t}
	for i, address := range strings.Fields(addresses) {
		node := redis.NewClient(&redis.Options{Addr: address})
		t.Cleanup(func() { node.Close() })
		id, err := node.Do(t.Context(), "CLUSTER", "MYID").Text()
		must(t, err)
		m.nodes, m.ids = append(m.nodes, node), append(m.ids, id)
		if i == 0 {
			slot, err := node.ClusterKeySlot(t.Context(), key).Result()
			must(t, err)
			m.slot = int(slot)
		}
		if node.Exists(t.Context(), key).Err() == nil { // another node answers with MOVED
			m.owner = i
		}
	}
	return m
}

// move moves the slot to the next node. middle runs when half of the keys have moved.
func (m *slotMover) move(middle func()) {
	m.t.Helper()
	ctx, from, to := m.t.Context(), m.owner, (m.owner+1)%len(m.nodes)
	must(m.t, m.nodes[to].Do(ctx, "CLUSTER", "SETSLOT", m.slot, "IMPORTING", m.ids[from]).Err())
	must(m.t, m.nodes[from].Do(ctx, "CLUSTER", "SETSLOT", m.slot, "MIGRATING", m.ids[to]).Err())
	m.migrate(from, to, m.count(from)/2)
	middle()
	for m.count(from) > 0 {
		m.migrate(from, to, 100)
	}
	for _, node := range append([]*redis.Client{m.nodes[to], m.nodes[from]}, m.nodes...) {
		must(m.t, node.Do(ctx, "CLUSTER", "SETSLOT", m.slot, "NODE", m.ids[to]).Err())
	}
	m.owner = to
}

func (m *slotMover) count(node int) int {
	m.t.Helper()
	n, err := m.nodes[node].ClusterCountKeysInSlot(m.t.Context(), m.slot).Result()
	must(m.t, err)
	return int(n)
}

// migrate moves so many keys.
func (m *slotMover) migrate(from, to, count int) {
	m.t.Helper()
	keys, err := m.nodes[from].ClusterGetKeysInSlot(m.t.Context(), m.slot, count).Result()
	must(m.t, err)
	if len(keys) == 0 {
		return
	}
	host, port, _ := strings.Cut(m.nodes[to].Options().Addr, ":")
	migrate := []any{"MIGRATE", host, port, "", 0, 5000, "KEYS"}
	for _, key := range keys {
		migrate = append(migrate, key)
	}
	must(m.t, m.nodes[from].Do(m.t.Context(), migrate...).Err())
}

// answers returns how often the nodes have sent a client elsewhere.
func (m *slotMover) answers(t *testing.T) map[string]int {
	t.Helper()
	counts := map[string]int{"MOVED": 0, "ASK": 0}
	for _, node := range m.nodes {
		info, err := node.Info(t.Context(), "errorstats").Result()
		must(t, err)
		for line := range strings.Lines(info) {
			for kind := range counts {
				var n int
				if _, err := fmt.Sscanf(line, "errorstat_"+kind+":count=%d", &n); err == nil {
					counts[kind] += n
				}
			}
		}
	}
	return counts
}
