// Command sqliteprogram is the smallest program on SQLite. A test checks what it links.
package main

import (
	"log"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

func main() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
}
