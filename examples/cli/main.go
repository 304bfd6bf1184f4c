// Command cli is a command-line program whose user signs in at a web site, in the browser of their
// computer, and the web site. docs/clients.md explains its code.
//
//	go run ./examples/cli serve     # the site, on http://localhost:3000
//	go run ./examples/cli login     # in another terminal
//	go run ./examples/cli whoami
//	go run ./examples/cli logout
//
// The variable SITE is the URL of the site, and SESSION_FILE where the session is kept. PORT is the
// port of serve.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "cli: %v\n", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument: serve, login, whoami or logout")
	}
	if args[0] == "serve" {
		return serve(ctx, cmp.Or(os.Getenv("PORT"), "3000"), out)
	}
	file := os.Getenv("SESSION_FILE")
	if file == "" {
		folder, err := os.UserConfigDir()
		if err != nil {
			return err
		}
		file = filepath.Join(folder, "cardea-cli.json")
	}
	c, err := newClient(cmp.Or(os.Getenv("SITE"), "http://localhost:3000"), file)
	if err != nil {
		return err
	}
	switch args[0] {
	case "login":
		err = c.login(ctx, out)
	case "whoami":
		err = c.whoami(ctx, out)
	case "logout":
		err = c.logout(ctx)
	default:
		return fmt.Errorf("unknown command %q: want serve, login, whoami or logout", args[0])
	}
	if err != nil {
		return err
	}
	return c.save()
}

// serve serves the site and, for development only, an identity provider that signs in anybody.
func serve(ctx context.Context, port string, out io.Writer) error {
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		return fmt.Errorf("%w; choose another port with PORT", err)
	}
	idpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	idp := cardeatest.NewLocalIssuer("http://"+idpListener.Addr().String(), "cli", "not a secret")
	store, factors := memadapter.New(), factor.New(factor.Options{})
	auth, err := cardea.New(cardea.Config{
		Secret: rand.Text() + rand.Text(), Adapter: store, BaseURL: "http://localhost:" + port,
		Features: []cardea.Feature{factors, account.New(account.Options{})}, // where people set up an app
		Providers: []cardea.Provider{provider.OIDC("local", "a local account",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})},
	})
	if err != nil {
		return err
	}
	site := &site{auth: auth, factors: factors, tokens: store}
	fmt.Fprintf(out, "Open http://localhost:%s (stop with Ctrl-C)\n", port)
	failed := make(chan error, 2)
	go func() { failed <- listen(idpListener, idp) }()
	go func() { failed <- listen(listener, site.routes()) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

func listen(l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
