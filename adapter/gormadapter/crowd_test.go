package gormadapter_test

import (
	stdflag "flag"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

var crowdSize = stdflag.Int("crowd", 120, "how many visitors of TestCrowdSignsIn sign in at once, at most 3000")

// So many visitors come back from the provider at the same moment, to three instances with a
// connection pool each. One in five is one of twenty persons, who may come several times. Nobody
// gets 503, and what was acknowledged is there.
func TestCrowdSignsIn(t *testing.T) {
	t.Parallel()
	size := *crowdSize
	if testing.Short() {
		size = min(size, 30)
	}
	for _, e := range []struct {
		name  string
		conns int // of each pool
		empty func(testing.TB) []gormadapter.Options
	}{
		{"PostgreSQL", 20, threeTimes(postgreSQL)},
		{"PostgreSQL with few connections", 2, threeTimes(postgreSQL)},
		{"PgBouncer with few connections to the server", 100, threeTimes(pgBouncer)},
		{"MariaDB", 20, threeTimes(mariaDB)},
		{"MySQL", 20, threeTimes(mySQL)},
		{"Galera", 20, galera},
	} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var instances []*instance
			var a *gormadapter.Adapter
			var sites []*site
			idp := loadIssuer(t)
			for i, o := range e.empty(t) {
				o.MaxOpenConns = e.conns
				if a = openExisting(t, o); i == 0 {
					must(t, a.Migrate(t.Context()))
				}
				s := newSiteOf(t, a, idp)
				sites = append(sites, s)
				instances = append(instances, &instance{address: strings.TrimPrefix(s.URL, "http://")})
			}
			l := newLoad(t, instances)
			l.enterAtOnce(size)
			l.check(a)
			if n := l.unavailable.Load(); n > 0 {
				t.Errorf("of %d visitors %d got 503: %v", size, n, l.reason.Load())
			}
			for _, s := range sites {
				for line := range strings.Lines(s.log.take()) {
					if strings.Contains(line, "level=ERROR") {
						t.Logf("the log says %s", line)
						break
					}
				}
			}
		})
	}
}

// threeTimes makes a function that returns one database for three instances.
func threeTimes(empty func(testing.TB) gormadapter.Options) func(testing.TB) []gormadapter.Options {
	return func(t testing.TB) []gormadapter.Options {
		t.Helper()
		o := empty(t)
		return []gormadapter.Options{o, o, o}
	}
}

// enterAtOnce lets so many visitors sign in. Each waits before the callback until all are there.
func (l *load) enterAtOnce(visitors int) {
	var all, wg sync.WaitGroup
	all.Add(visitors)
	transport := &http.Transport{MaxIdleConnsPerHost: visitors}
	defer transport.CloseIdleConnections()
	for n := range visitors {
		wg.Go(func() {
			arrive := sync.OnceFunc(all.Done)
			defer arrive() // so that nobody waits for who failed before
			jar, _ := cookiejar.New(nil)
			wait := func(r *http.Request, _ []*http.Request) error {
				if strings.Contains(r.URL.Path, "/callback/") {
					arrive()
					all.Wait()
				}
				return nil
			}
			v := &loadVisitor{load: l, client: &http.Client{Jar: jar, Transport: transport, CheckRedirect: wait}}
			l.visits.Add(1)
			l.note(v.signIn(n%len(l.instances), personOf(n)))
		})
	}
	wg.Wait()
}
