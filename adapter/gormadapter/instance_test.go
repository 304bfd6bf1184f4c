package gormadapter_test

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
	byname "github.com/cardea-auth/cardea/adapter/gormadapter/drivers"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// The test binary is also an instance of an application, if the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("CARDEA_INSTANCE_LISTEN") == "" {
		os.Exit(m.Run())
	}
	if err := serveInstance(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveInstance is the program of an instance. Each request has a deadline, as it should.
func serveInstance() error {
	driver, err := byname.ByName(os.Getenv("CARDEA_INSTANCE_DRIVER"))
	if err != nil {
		return err
	}
	a, err := gormadapter.Open(gormadapter.Options{Driver: driver, DSN: os.Getenv("CARDEA_INSTANCE_DSN")})
	if err != nil {
		return err
	}
	client := provider.Client{ID: os.Getenv("CARDEA_INSTANCE_CLIENT"), Secret: os.Getenv("CARDEA_INSTANCE_SECRET"),
		Issuer: os.Getenv("CARDEA_INSTANCE_ISSUER")}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: a,
		Providers: []cardea.Provider{provider.OIDC("idp", "IdP", client)},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	return http.ListenAndServe(os.Getenv("CARDEA_INSTANCE_LISTEN"), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), requestDeadline)
			defer cancel()
			auth.ServeHTTP(w, r.WithContext(ctx))
		}))
}

const requestDeadline = 8 * time.Second

// instance is an application in a process of its own.
type instance struct {
	address string // host and port
	env     []string
	command *exec.Cmd
}

// newInstance starts an instance on a database.
func newInstance(t testing.TB, driver, dsn string, idp *cardeatest.Issuer) *instance {
	t.Helper()
	address := freeAddress(t)
	i := &instance{address: address, env: append(os.Environ(),
		"CARDEA_INSTANCE_LISTEN="+address, "CARDEA_INSTANCE_DRIVER="+driver, "CARDEA_INSTANCE_DSN="+dsn,
		"CARDEA_INSTANCE_ISSUER="+idp.URL, "CARDEA_INSTANCE_CLIENT="+idp.ClientID,
		"CARDEA_INSTANCE_SECRET="+idp.ClientSecret,
	)}
	i.start(t)
	t.Cleanup(i.kill)
	return i
}

// freeAddress returns an address on which nobody listens. Its port is none of those that the kernel
// gives to clients, so an instance that was killed can listen on it again.
func freeAddress(t testing.TB) string {
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
func (i *instance) start(t testing.TB) {
	t.Helper()
	i.command = exec.Command(os.Args[0])
	i.command.Env = i.env
	if testing.Verbose() {
		i.command.Stderr = os.Stderr
	}
	must(t, i.command.Start())
	for range 300 {
		conn, err := net.Dial("tcp", i.address)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("an instance does not start")
}

// kill ends the process as if its machine had lost power.
func (i *instance) kill() {
	if i.command.Process.Kill() == nil {
		i.command.Wait()
	}
}
