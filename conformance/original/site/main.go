// Command site serves an application that has nothing but Cardea, for BenchmarkSession to measure.
// Its arguments are the session strategy, the SQLite file of a Node application, and the secret. It
// prints its URL, and ends when its standard input ends.
package main

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/email"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: site STRATEGY FILE SECRET")
	}
	auth, err := newAuth(cardea.Strategy(os.Args[1]), os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(listener, auth)) }()
	fmt.Printf("http://%s\n", listener.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func newAuth(strategy cardea.Strategy, file, secret string) (*cardea.Auth, error) {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: file})
	if err != nil {
		return nil, err
	}
	return cardea.New(cardea.Config{
		Secret: secret, Adapter: adapter, Logger: slog.New(slog.DiscardHandler),
		Session: cardea.SessionConfig{Strategy: strategy, InsecureStoreRawTokens: strategy == cardea.StrategyDatabase},
		Providers: []cardea.Provider{
			email.New(email.Options{From: "site@example.com", Sender: &email.SMTP{Host: "localhost"}}),
		},
	})
}
