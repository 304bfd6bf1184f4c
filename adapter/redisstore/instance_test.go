package redisstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// serveInstance is the program of an instance of a site. Its log is its standard error.
func serveInstance() error {
	database, err := gormadapter.Open(gormadapter.Options{
		Driver: sqlite.Driver, DBName: os.Getenv("CARDEA_INSTANCE_DATABASE"),
	})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	o := withSessions()
	// A busy machine must not be taken for a Redis that is away. Whoever asks one that was killed
	// gets an answer at once: the connection is refused.
	o.Prefix, o.Timeout, o.Logger = "site:", 3*time.Second, log
	open := engineNamed(os.Getenv("CARDEA_INSTANCE_ENGINE")).open
	store, err := redisstore.New(open(strings.Fields(os.Getenv("CARDEA_INSTANCE_REDIS"))), o)
	if err != nil {
		return err
	}
	adapter, err := store.Wrap(database)
	if err != nil {
		return err
	}
	c := cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: adapter, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{provider.OIDC("idp", "IdP", provider.Client{
			ID: os.Getenv("CARDEA_INSTANCE_CLIENT"), Secret: os.Getenv("CARDEA_INSTANCE_SECRET"),
			Issuer: os.Getenv("CARDEA_INSTANCE_ISSUER"),
		})},
	}
	if os.Getenv("CARDEA_INSTANCE_STRATEGY") == "JWT" {
		c.Session.Strategy, c.Session.ShareSignOuts = cardea.StrategyJWT, true
	}
	auth, err := cardea.New(c)
	if err != nil {
		return err
	}
	return http.ListenAndServe(os.Getenv("CARDEA_INSTANCE_LISTEN"), auth)
}

func engineNamed(name string) engine {
	for _, e := range engines() {
		if e.name == name {
			return e
		}
	}
	return engine{}
}

// instance is an instance of a site, in a process of its own.
type instance struct {
	address string // host and port
	env     []string
	command *exec.Cmd
	log     logbook
}

// newInstances starts three instances on a database and a Redis.
func newInstances(t *testing.T, e engine, addresses, strategy string, idp *cardeatest.Issuer) []*instance {
	t.Helper()
	file := t.TempDir() + "/db.sqlite"
	openSQLite(t, file)
	var all []*instance
	for range 3 {
		i := &instance{address: freeAddress(t)}
		i.env = append(os.Environ(), "CARDEA_INSTANCE_LISTEN="+i.address, "CARDEA_INSTANCE_DATABASE="+file,
			"CARDEA_INSTANCE_ENGINE="+e.name, "CARDEA_INSTANCE_REDIS="+addresses, "CARDEA_INSTANCE_STRATEGY="+strategy,
			"CARDEA_INSTANCE_ISSUER="+idp.URL, "CARDEA_INSTANCE_CLIENT="+idp.ClientID,
			"CARDEA_INSTANCE_SECRET="+idp.ClientSecret)
		i.start(t)
		t.Cleanup(i.kill)
		all = append(all, i)
	}
	return all
}

// freeAddress returns an address on which nobody listens. Its port is none of those that the kernel
// gives to clients, so an instance that was killed can listen on it again.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(10000)))
		if err == nil {
			must(t, listener.Close())
			return listener.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// start starts the process and waits until it serves.
func (i *instance) start(t *testing.T) {
	t.Helper()
	i.command = exec.Command(os.Args[0])
	i.command.Env, i.command.Stderr = i.env, &i.log
	must(t, i.command.Start())
	eventually(t, "start an instance", func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", i.address)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// kill ends the process as if its machine had lost power.
func (i *instance) kill() {
	if i.command.Process.Kill() == nil {
		i.command.Wait()
	}
}
