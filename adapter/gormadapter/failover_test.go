package gormadapter_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/cardeatest"
	sqldriver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// servers are database servers of one test, which it may kill.
type servers struct {
	t         *testing.T
	directory string
	address   string // in the form of the first variable
}

// startServers starts servers of scripts/servers. The variables are those of their addresses.
func startServers(t *testing.T, kinds []string, variables ...string) *servers {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills database servers")
	}
	for _, variable := range variables { // if the machine does not have these servers, the test is skipped
		addressOf(t, variable)
	}
	// Not t.TempDir(), into which another user cannot look.
	parent, err := os.MkdirTemp("", "cardea")
	must(t, err)
	must(t, os.Chmod(parent, 0o711))
	s := &servers{t: t, directory: filepath.Join(parent, "servers")}
	t.Cleanup(func() {
		s.script("end", s.directory)
		os.RemoveAll(parent)
	})
	command := exec.Command("../../scripts/servers", append([]string{"start", s.directory}, kinds...)...)
	command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(variables, name)
	})
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("start %v: %v: %s", kinds, err, out)
	}
	s.address = s.addressOf(variables[0])
	return s
}

// addressOf returns the address of these servers for which the tests have a variable.
func (s *servers) addressOf(variable string) string {
	s.t.Helper()
	out, err := exec.Command("bash", "-c", `. "$1/addresses" && echo "${!2}"`, "bash", s.directory, variable).Output()
	must(s.t, err)
	return strings.TrimSpace(string(out))
}

func (s *servers) script(arguments ...string) {
	s.t.Helper()
	if out, err := exec.Command("../../scripts/servers", arguments...).CombinedOutput(); err != nil {
		s.t.Errorf("scripts/servers %v: %v: %s", arguments, err, out)
	}
}

// Three instances on three nodes of a cluster, one of them through a proxy, under load: a node is
// killed and comes back, another one is cut off from the others, and an instance is killed. Nothing
// that was acknowledged is lost.
func TestNodeAndInstanceAreKilled(t *testing.T) {
	t.Parallel()
	s := startServers(t, []string{"Galera", "HAProxy"}, "CARDEA_TEST_GALERA", "CARDEA_TEST_HAPROXY")
	var nodes []string
	for dsn := range strings.FieldsSeq(s.address) {
		config, err := sqldriver.ParseDSN(dsn)
		must(t, err)
		nodes = append(nodes, config.Addr)
	}
	at := func(first int) string {
		order := append(slices.Clone(nodes[first:]), nodes[:first]...)
		return "mysql://root@" + strings.Join(order, ",") + "/test"
	}
	a := openOn(t, gormadapter.Options{Driver: mysql.Driver, DSN: at(0)})
	idp := loadIssuer(t)
	var instances []*instance
	for _, dsn := range []string{at(0), at(1), s.addressOf("CARDEA_TEST_HAPROXY")} {
		instances = append(instances, newInstance(t, "mysql", dsn, idp))
	}
	l := startLoad(t, instances)
	l.awaitAll()
	s.script("kill", s.directory, "galera2")
	t.Logf("after a node was killed, all instances worked after %v", l.awaitAll())
	s.script("restart", s.directory, "galera2")
	l.awaitAll()
	s.isolate(nodes[0], 1)
	t.Logf("after a node had lost the others, all instances worked after %v", l.awaitAll())
	s.isolate(nodes[0], 0)
	l.awaitAll()
	instances[2].kill()
	instances[2].start(t)
	t.Logf("after an instance was killed and started, all worked after %v", l.awaitAll())
	l.end()
	l.check(a)

	must(t, connect(t, gormmysql.Open("root@tcp("+nodes[1]+")/")).Exec("SET GLOBAL read_only = ON").Error)
	other := openExisting(t, gormadapter.Options{Driver: mysql.Driver, DSN: at(1)})
	if got := setting(t, other, "SELECT @@GLOBAL.read_only"); got != "0" {
		t.Error("connected to a server that is read-only, although another one is not")
	}
}

// isolate cuts a node off from the others, or, with 0, connects it again.
func (s *servers) isolate(node string, on int) {
	s.t.Helper()
	db := connect(s.t, gormmysql.Open("root@tcp("+node+")/"))
	must(s.t, db.Exec(fmt.Sprintf("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=%d'", on)).Error)
}

// Three instances on PostgreSQL with a synchronous standby, under load: the primary is killed, and
// the standby takes its place. Nothing that was acknowledged is lost.
func TestPrimaryIsKilled(t *testing.T) {
	t.Parallel()
	s := startServers(t, []string{"Standby"}, "CARDEA_TEST_STANDBY")
	a := openOn(t, gormadapter.Options{Driver: postgresql.Driver, DSN: s.address})
	idp := loadIssuer(t)
	var instances []*instance
	for range 3 {
		instances = append(instances, newInstance(t, "postgresql", s.address, idp))
	}
	l := startLoad(t, instances)
	l.awaitAll()
	s.script("kill", s.directory, "primary")
	s.promote()
	t.Logf("after the standby was promoted, all instances worked after %v", l.awaitAll())
	instances[1].kill()
	instances[1].start(t)
	t.Logf("after an instance was killed and started, all worked after %v", l.awaitAll())
	l.end()
	l.check(a)
}

// Three instances on PostgreSQL with Patroni, one of them through a proxy, under load: the leader
// is killed while its replicas are slow, and comes back, and then another server becomes the leader
// as planned. Nothing that was acknowledged is lost. A leader that is cut off from etcd accepts no
// writes.
func TestLeaderIsKilled(t *testing.T) {
	t.Parallel()
	s := startServers(t, []string{"Patroni"}, "CARDEA_TEST_PATRONI")
	direct, proxied, _ := strings.Cut(s.address, " ")
	a := openOn(t, gormadapter.Options{Driver: postgresql.Driver, DSN: direct})
	idp := loadIssuer(t)
	var instances []*instance
	for _, dsn := range []string{direct, reversed(t, direct), proxied} {
		instances = append(instances, newInstance(t, "postgresql", dsn, idp))
	}
	l := startLoad(t, instances)
	l.awaitAll()
	first := s.leader()
	release := holdReplicas(t, direct)
	time.Sleep(time.Second) // so that much is acknowledged if the leader does not wait for a replica
	s.script("kill", s.directory, first)
	release()
	t.Logf("after the leader was killed, all instances worked after %v", l.awaitAll())
	if next := s.leader(); next == first {
		t.Errorf("%s is the leader again", next)
	}
	s.script("restart", s.directory, first)
	s.script("switchover", s.directory)
	t.Logf("after a planned switchover, all instances worked after %v", l.awaitAll())
	l.end()
	l.check(a)

	must(t, a.CreateUser(t.Context(), &cardea.User{Name: "with etcd"}))
	s.script("kill", s.directory, "etcd")
	waitUntil(t, func() bool {
		return a.CreateUser(t.Context(), &cardea.User{Name: "without etcd"}) != nil
	})
}

// holdReplicas stops the processes with which the replicas get what the leader writes, as if they
// were slow. It returns a function that ends them, with what they had not read yet. The replicas
// then start others.
func holdReplicas(t *testing.T, dsn string) (release func()) {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	var replicas []*gorm.DB
	for host := range strings.SplitSeq(u.Host, ",") {
		u.Host = host
		replicas = append(replicas, connect(t, postgres.Open(u.String())))
	}
	var held []string
	waitUntil(t, func() bool { // a replica that has just started is not connected to the leader yet
		held = nil
		for _, db := range replicas {
			var receivers []string
			if db.Raw("SELECT pid FROM pg_stat_wal_receiver").Scan(&receivers).Error != nil {
				return false
			}
			held = append(held, receivers...)
		}
		return len(held) == 2
	})
	signal := func(name string) {
		must(t, exec.Command("kill", append([]string{"-s", name}, held...)...).Run())
	}
	signal("STOP")
	return func() { signal("TERM"); signal("CONT") }
}

// leader returns the name of the server of Patroni that accepts writes, as soon as one does.
func (s *servers) leader() string {
	s.t.Helper()
	out, err := exec.Command("../../scripts/servers", "leader", s.directory).Output()
	must(s.t, err)
	return strings.TrimSpace(string(out))
}

// reversed returns a URL with its hosts in the opposite order.
func reversed(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	hosts := strings.Split(u.Host, ",")
	slices.Reverse(hosts)
	u.Host = strings.Join(hosts, ",")
	return u.String()
}

// promote makes the standby the primary. The old primary should be dead: nothing else keeps it from
// acknowledging what the new one never gets.
func (s *servers) promote() {
	s.t.Helper()
	db := connect(s.t, postgres.Open(s.at("standby")))
	must(s.t, db.Exec("SELECT pg_promote()").Error)
	must(s.t, db.Exec("ALTER SYSTEM SET synchronous_standby_names = ''").Error)
	must(s.t, db.Exec("SELECT pg_reload_conf()").Error)
}

// at returns the URL of one of the two servers.
func (s *servers) at(server string) string {
	u, err := url.Parse(s.address)
	must(s.t, err)
	primary, standby, _ := strings.Cut(u.Host, ",")
	u.Host = primary
	if server == "standby" {
		u.Host = standby
	}
	return u.String()
}

// With an asynchronous standby, what the primary has acknowledged just before it dies is undone: a
// visitor who signed in is not signed in, and one who signed out is. While the old primary lives,
// an instance works on with it and does not notice that there is another one.
func TestAsynchronousStandbyLosesSignIns(t *testing.T) {
	t.Parallel()
	s := startServers(t, []string{"Standby"}, "CARDEA_TEST_STANDBY")
	a := openOn(t, gormadapter.Options{Driver: postgresql.Driver, DSN: s.address})
	site := newSite[gormadapter.User](t, a, nil, nil)
	site.issuer.Next(visitor("ann"))
	leaving := newVisitor(t, site)
	ended := sessionToken(t, leaving)
	primary, standby := connect(t, postgres.Open(s.at("primary"))), connect(t, postgres.Open(s.at("standby")))
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()"} {
		must(t, primary.Exec(statement).Error)
	}
	// The standby falls behind.
	for _, statement := range []string{"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"} {
		must(t, standby.Exec(statement).Error)
	}
	waitUntil(t, func() bool {
		var receivers int
		must(t, standby.Raw("SELECT COUNT(*) FROM pg_stat_wal_receiver").Scan(&receivers).Error)
		return receivers == 0
	})
	leaving.SignOut()
	arriving := newVisitor(t, site)
	s.promote()
	setSessionToken(t, leaving, ended)
	if arriving.Session() == nil || leaving.Session() != nil {
		t.Error("the instance has left the old primary: docs/instances.md says that it works on with it")
	}
	s.script("kill", s.directory, "primary")
	setSessionToken(t, leaving, ended)
	if arriving.Session() != nil || leaving.Session() == nil {
		t.Error("nothing was lost: docs/instances.md says that an asynchronous failover undoes what was acknowledged")
	}
}

func newVisitor(t *testing.T, s *site) *cardeatest.Browser {
	t.Helper()
	return cardeatest.SignIn(t, s.URL, "idp", "ann")
}

// waitUntil waits at most a minute until a condition holds.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for range 1200 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("waited a minute")
}
