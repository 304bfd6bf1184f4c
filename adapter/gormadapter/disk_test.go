package gormadapter_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
)

// The file may not grow any more. SQLite returns the same error as for a full disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	a, pool := limited(t, engine{"SQLite", sqliteFile}, 1) // the page limit below is that of one connection
	s := newSite[gormadapter.User](t, a, nil, nil)
	if _, err := pool.Exec("PRAGMA max_page_count = 1"); err != nil { // which SQLite reads as the present size
		t.Fatal(err)
	}
	var before rows
	var name string
	var res *http.Response
	for i := range 200 { // until the existing pages are full
		before, name = countRows(t, a), fmt.Sprintf("visitor%d", i)
		s.issuer.Next(visitor(name))
		if res = enter(cardeatest.NewBrowser(t, s.URL), name); res.StatusCode != http.StatusOK {
			break
		}
	}
	checkUnavailable(t, "sign-in", res)
	if log := s.log.take(); !strings.Contains(log, "database or disk is full") {
		t.Errorf("the log says %s", log)
	}
	if after := countRows(t, a); after != before || after.users != after.accounts || after.users != after.sessions {
		t.Errorf("had %+v, have %+v", before, after)
	}
	if _, err := pool.Exec("PRAGMA max_page_count = 1000"); err != nil {
		t.Fatal(err)
	}
	cardeatest.SignIn(t, s.URL, "idp", name)
}

// If the database is read-only, sessions stay valid, and signing in and out fail.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "db.sqlite")
	writable := newSite[gormadapter.User](t, openFile(t, file), nil, nil)
	b := cardeatest.SignIn(t, writable.URL, "idp", "")

	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: "file:" + file + "?mode=ro"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s := newSite[gormadapter.User](t, a, nil, nil)
	b.Site = s.URL
	if res, body := get(t, b, "/page"); body != secretPage {
		t.Errorf("page: %s", res.Status)
	}
	before := countRows(t, a)
	checkUnavailable(t, "sign-in", enter(cardeatest.NewBrowser(t, s.URL), ""))
	checkUnavailable(t, "sign-out", b.Post("/signout", nil))
	if log := s.log.take(); strings.Count(log, "attempt to write a readonly database") != 2 {
		t.Errorf("the log says %s", log)
	}
	if after := countRows(t, a); after != before {
		t.Errorf("had %+v, have %+v", before, after)
	}
}
