// Command frameworks is one small web site, written with the framework that its argument names. The
// folder of that name has its code; docs/frameworks.md explains it.
//
//	go run ./examples/frameworks chi
//	go run ./examples/frameworks gin
//	go run ./examples/frameworks echo
//	go run ./examples/frameworks fiber
//	go run ./examples/frameworks huma
//
// It listens on http://localhost:3000 and keeps users in memory. The identity provider on the
// sign-in page signs in anybody under any address: ann@example.com is an editor. The variable PORT
// sets another port.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	fiberv3 "github.com/gofiber/fiber/v3"
	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/examples/frameworks/chi"
	"github.com/cardea-auth/cardea/examples/frameworks/echo"
	"github.com/cardea-auth/cardea/examples/frameworks/fiber"
	"github.com/cardea-auth/cardea/examples/frameworks/gin"
	"github.com/cardea-auth/cardea/examples/frameworks/huma"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
	"github.com/cardea-auth/cardea/provider"
)

// framework serves the web site on a listener.
type framework struct {
	name  string
	serve func(l net.Listener, auth *cardea.Auth) error
}

var frameworks = []framework{
	{"chi", onNetHTTP(chi.New)},
	{"gin", onNetHTTP(gin.New)},
	{"echo", onNetHTTP(echo.New)},
	{"fiber", func(l net.Listener, auth *cardea.Auth) error {
		return fiber.New(auth).Listener(l, fiberv3.ListenConfig{DisableStartupMessage: true})
	}},
	{"huma", onNetHTTP(huma.New)},
}

// onNetHTTP serves the handlers of frameworks that use net/http.
func onNetHTTP(newHandler func(*cardea.Auth) http.Handler) func(net.Listener, *cardea.Auth) error {
	return func(l net.Listener, auth *cardea.Auth) error { return serve(l, newHandler(auth)) }
}

func serve(l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}

func main() {
	log.SetFlags(0)
	if err := run(strings.Join(os.Args[1:], " ")); err != nil {
		log.Fatalf("frameworks: %v", err)
	}
}

func run(name string) error {
	i := slices.IndexFunc(frameworks, func(f framework) bool { return f.name == name })
	if i < 0 {
		return fmt.Errorf("the argument is %q, want chi, gin, echo, fiber or huma", name)
	}
	listener, err := net.Listen("tcp", "localhost:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		return fmt.Errorf("%w; choose another port with PORT", err)
	}
	idpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer("http://"+idpListener.Addr().String(), "frameworks", "not a secret")
	local := provider.OIDC("local", "a local account",
		provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})
	db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{})
	if err != nil {
		return err
	}
	auth, err := site.New(context.Background(), db, local, cardea.Config{Secret: rand.Text() + rand.Text()})
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	log.Printf("Open http://localhost:%s (stop with Ctrl-C)", port)
	failed := make(chan error)
	go func() { failed <- serve(idpListener, idp) }()
	go func() { failed <- frameworks[i].serve(listener, auth) }()
	return <-failed
}
