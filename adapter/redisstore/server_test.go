package redisstore_test

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/redis/go-redis/v9"
)

// engine is a way to run Redis.
type engine struct {
	name     string
	variable string // of the addresses
	open     func(addresses []string) redis.UniversalClient
}

func engines() []engine {
	return []engine{redisEngine, clusterEngine, sentinelEngine}
}

var clusterEngine = engine{"Redis Cluster", "CARDEA_TEST_REDIS_CLUSTER", func(at []string) redis.UniversalClient {
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: at, ContextTimeoutEnabled: true})
}}

var redisEngine = engine{"Redis", "CARDEA_TEST_REDIS", func(at []string) redis.UniversalClient {
	return redis.NewClient(&redis.Options{Addr: at[0], ContextTimeoutEnabled: true})
}}

var sentinelEngine = engine{"Redis with Sentinel", "CARDEA_TEST_REDIS_SENTINEL",
	func(at []string) redis.UniversalClient {
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: "cardea", SentinelAddrs: at, ContextTimeoutEnabled: true,
		})
	}}

// client returns a client of its own, or skips the test if the machine has no such server.
func (e engine) client(t testing.TB) redis.UniversalClient {
	t.Helper()
	if e.variable == "" { // there is no server
		return e.clientOf(t, "127.0.0.1:1")
	}
	return e.clientOf(t, addressOf(t, e.variable))
}

func (e engine) clientOf(t testing.TB, addresses string) redis.UniversalClient {
	t.Helper()
	client := e.open(strings.Fields(addresses))
	t.Cleanup(func() { client.Close() })
	return client
}

// addressOf returns the address of a server for the tests, or skips the test if there is none.
func addressOf(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skipf("%s is not set; scripts/servers run go test ./... sets it", variable)
	}
	return address
}

// options has keys of the test's own, and more time than a busy machine takes.
func options() redisstore.Options {
	return redisstore.Options{Prefix: "test:" + rand.Text() + ":", Timeout: 20 * time.Second}
}

// withSessions also caches sessions.
func withSessions() redisstore.Options {
	o := options()
	o.Sessions, o.Secret = time.Minute, strings.Repeat("r", 32)
	return o
}

func newStore(t testing.TB, client redis.UniversalClient, o redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, o)
	must(t, err)
	return s
}

// servers are servers of one test, which it may kill.
type servers struct {
	t         *testing.T
	directory string
	address   string
}

// startServers starts servers of scripts/servers.
func startServers(t *testing.T, kind, variable string) *servers {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills servers")
	}
	addressOf(t, variable)                    // if the machine does not have this server, the test is skipped
	parent, err := os.MkdirTemp("", "cardea") // not t.TempDir(), into which another user cannot look
	must(t, err)
	must(t, os.Chmod(parent, 0o711))
	s := &servers{t: t, directory: filepath.Join(parent, "servers")}
	t.Cleanup(func() {
		s.script("end", s.directory)
		os.RemoveAll(parent)
	})
	start := exec.Command("../../scripts/servers", "start", s.directory, kind)
	start.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, variable+"=") })
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("start %s: %v: %s", kind, err, out)
	}
	read := exec.Command("bash", "-c", `. "$0/addresses" && printf %s "${!1}"`, s.directory, variable)
	read.Env = start.Env
	out, err := read.Output()
	must(t, err)
	s.address = string(out)
	return s
}

func (s *servers) script(arguments ...string) {
	s.t.Helper()
	if out, err := exec.Command("../../scripts/servers", arguments...).CombinedOutput(); err != nil {
		s.t.Errorf("scripts/servers %v: %v: %s", arguments, err, out)
	}
}

func (s *servers) kill(name string) { s.t.Helper(); s.script("kill", s.directory, name) }

// silentServer returns the address of a server that accepts connections and never answers.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

// eventually repeats a check until it succeeds, at most for half a minute.
func eventually(t *testing.T, what string, check func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *servers) restart(name string) { s.t.Helper(); s.script("restart", s.directory, name) }
