package gormadapter_test

import (
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	sqldriver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
)

// Open reports all faults of the options at once, with their names and never with the password,
// before it connects.
func TestOptionsThatDoNotGoTogether(t *testing.T) {
	t.Parallel()
	everything := gormadapter.Options{
		DSN: "postgres://u:hunter2@h/d", Host: "h", Port: 70000, User: "u", Password: "hunter2", TLS: &tls.Config{},
		DBName: "d", Schema: "a.b", Timezone: "Mars/Olympus",
		TransactionPooler: true, MaxOpenConns: 2, MaxIdleConns: 3, ConnMaxLifetime: -time.Second,
	}
	everythingFor := func(d gormadapter.Driver) gormadapter.Options {
		o := everything
		o.Driver = d
		return o
	}
	for name, row := range map[string]struct {
		options gormadapter.Options
		want    []string
	}{
		"everything for sqlite": {everythingFor(sqlite.Driver),
			[]string{"Options.Host is given, which sqlite does not have", "Options.Port is", "Options.User is",
				"Options.Password is",
				"Options.TLS is", "Options.Schema is", "Options.Timezone is", "Options.TransactionPooler is",
				"Options.MaxOpenConns is", "Options.MaxIdleConns is",
				"Options.ConnMaxLifetime is", "Options.DBName is given beside Options.DSN"}},
		"everything for postgresql": {everythingFor(postgresql.Driver),
			[]string{"Options.Host is given beside Options.DSN", "Options.Port is given beside",
				"Options.User is given beside",
				"Options.Password is given beside", "Options.TLS is given beside", "Options.DBName is given beside",
				"Options.Port is 70000: want 1 to 65535",
				"Options.MaxIdleConns is 3: want 1 to 2", "Options.ConnMaxLifetime is -1s", `Options.Schema is "a.b"`}},
		"everything for mysql": {everythingFor(mysql.Driver),
			[]string{"Options.Host is given beside Options.DSN", "Options.DSN starts with postgres://", "want mysql://",
				"Options.Schema is given, which mysql does not have", "Options.TransactionPooler is for postgresql",
				`Options.Timezone is "Mars/Olympus"`}},
		"nothing for postgres": {
			gormadapter.Options{Driver: postgresql.Driver},
			[]string{"Options.DBName is empty", "Options.User is empty"},
		},
		"nothing for mariadb": {
			gormadapter.Options{Driver: mysql.Driver}, []string{"Options.DBName is empty", "Options.User is empty"},
		},
		"negative": {
			gormadapter.Options{
				Driver: mysql.Driver, User: "u", DBName: "d", Port: -1, MaxOpenConns: -1, MaxIdleConns: -1,
			},
			[]string{"Options.Port is -1", "Options.MaxOpenConns is -1", "Options.MaxIdleConns is -1"},
		},
		"MySQL's for PostgreSQL": {
			gormadapter.Options{Driver: postgresql.Driver, DSN: "mysql://u:hunter2@h/d"},
			[]string{"Options.DSN starts with mysql://", "want postgresql://"},
		},
		"two time zones": {
			gormadapter.Options{
				Driver: postgresql.Driver, DSN: "postgres://u:hunter2@h/d?timezone=UTC", Timezone: "UTC",
			},
			[]string{"Options.Timezone is given beside Options.DSN"},
		},
		"two locations": {
			gormadapter.Options{Driver: mysql.Driver, DSN: "u:hunter2@tcp(h)/d?loc=Europe%2FRome", Timezone: "UTC"},
			[]string{"Options.Timezone is given beside Options.DSN"},
		},
		"no database": {
			gormadapter.Options{Driver: mysql.Driver, DSN: "mysql://u:hunter2@h"},
			[]string{"Options.DSN names no database"},
		},
		"unreadable URL": {
			gormadapter.Options{Driver: postgresql.Driver, DSN: "postgres://u:hunter2%zz@h/d"},
			[]string{"Options.DSN cannot be read", "postgres://user:password@host"},
		},
		"unreadable words": {
			gormadapter.Options{Driver: postgresql.Driver, DSN: "host=h password = 'hunter2"},
			[]string{"Options.DSN cannot be read"},
		},
		"a plain word": {
			gormadapter.Options{Driver: postgresql.Driver, DSN: "hunter2"}, []string{"Options.DSN cannot be read"},
		},
		"unreadable MySQL URL": {
			gormadapter.Options{Driver: mysql.Driver, DSN: "mysql://u:hunter2%zz@h/d"},
			[]string{"Options.DSN cannot be read", "mysql://user:password@host"},
		},
		"unreadable MySQL DSN": {
			gormadapter.Options{Driver: mysql.Driver, DSN: "u:hunter2@tcp(h/d"}, []string{"Options.DSN cannot be read"},
		},
		"parts of a DSN": {
			gormadapter.Options{Driver: mysql.Driver, DSN: "u@hunter2(h)/d"}, []string{"Options.DSN cannot be read"},
		},
	} {
		_, err := gormadapter.Open(row.options)
		if err == nil {
			t.Errorf("%s: got no error", name)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %q", name, want, err)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in %q", name, err)
		}
	}
}

// If no server answers, the error names what Open tried to connect to.
func TestServersThatCannotBeReached(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	free := listener.Addr().(*net.TCPAddr).Port
	must(t, listener.Close())
	for name, o := range map[string]gormadapter.Options{
		"fields, PostgreSQL": {
			Driver: postgresql.Driver, Port: free, User: "ada", Password: "hunter2", DBName: "people",
		},
		"fields, MariaDB": {Driver: mysql.Driver, Port: free, User: "ada", Password: "hunter2", DBName: "people"},
		"URL, PostgreSQL": {
			Driver: postgresql.Driver, DSN: "postgres://ada:hunter2@127.0.0.1:" + strconv.Itoa(free) + "/people",
		},
		"words, PostgreSQL": {
			Driver: postgresql.Driver, DSN: "host=127.0.0.1 user=ada password='hunter2' dbname=people port=" +
				strconv.Itoa(free),
		},
		"URL, MySQL": {Driver: mysql.Driver, DSN: "mysql://ada:hunter2@127.0.0.1:" + strconv.Itoa(free) + "/people"},
		"DSN, MySQL": {Driver: mysql.Driver, DSN: "ada:hunter2@tcp(127.0.0.1:" + strconv.Itoa(free) + ")/people"},
		"socket, PostgreSQL": {
			Driver: postgresql.Driver, Host: t.TempDir(), Port: free, User: "ada", Password: "hunter2",
			DBName: "people",
		},
		"socket, MariaDB": {
			Driver: mysql.Driver, Host: t.TempDir() + "/" + strconv.Itoa(free), User: "ada", Password: "hunter2",
			DBName: "people",
		},
	} {
		_, err := gormadapter.Open(o)
		if err == nil {
			t.Errorf("%s: got no error", name)
			continue
		}
		for _, want := range []string{"open ", " database \"people\" of user", `"ada" on `, strconv.Itoa(free)} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %q", name, want, err)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in %q", name, err)
		}
	}
}

// Options without a DSN connect to the servers of the tests, with the settings of the options.
func TestOptionsWithoutDSN(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		a := openOn(t, fieldsOf(t, postgreSQL(t), func(o *gormadapter.Options) {
			o.Timezone, o.MaxOpenConns = "Europe/Rome", 3
		}))
		if got := setting(t, a, "SHOW timezone"); got != "Europe/Rome" {
			t.Errorf("got time zone %s", got)
		}
		atMost(t, a, 3)
	})
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settingsOfMySQL(t, openOn(t, fieldsOf(t, empty(t), nil)))
		})
		t.Run(name+" by URL", func(t *testing.T) {
			t.Parallel()
			database := empty(t)
			o := fieldsOf(t, database, nil)
			u := url.URL{
				Scheme: kindOf(t, database), User: url.User(o.User),
				Host: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)),
				Path: o.DBName, RawQuery: "readTimeout=30s",
			}
			openOn(t, gormadapter.Options{Driver: o.Driver, DSN: u.String()})
		})
	}
}

func settingsOfMySQL(t *testing.T, a *gormadapter.Adapter) {
	t.Helper()
	for query, want := range map[string]string{
		"SELECT @@time_zone": "+00:00", "SELECT @@character_set_connection": "utf8mb4",
		"SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'": "1",
	} {
		if got := setting(t, a, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	atMost(t, a, 20)
	// The driver counts the rows that were found, not those that changed.
	must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada", Name: "Ada"}))
	if got := a.DB().Exec("UPDATE user SET name = 'Ada'").RowsAffected; got != 1 {
		t.Errorf("got %d rows, want 1", got)
	}
	if err := a.CreateUser(t.Context(), &cardea.User{ID: strings.Repeat("x", 256)}); err == nil {
		t.Error("stored an id that is too long")
	}
}

// MySQL checks passwords by caching_sha2_password: through an encrypted connection or, without TLS,
// with the server's key.
func TestPasswordOnMySQL(t *testing.T) {
	t.Parallel()
	o := fieldsOf(t, mySQL(t), nil)
	root := connect(t, gormmysql.Open(addressOf(t, "CARDEA_TEST_MYSQL")))
	for _, encryption := range []string{"preferred", "false"} {
		user := strings.ToLower(rand.Text())
		must(t, root.Exec("CREATE USER "+user+"@localhost IDENTIFIED WITH caching_sha2_password BY 'p@ss/w:rd'").Error)
		t.Cleanup(func() { must(t, root.Exec("DROP USER "+user+"@localhost").Error) })
		must(t, root.Exec("GRANT ALL ON "+o.DBName+".* TO "+user+"@localhost").Error)
		u := url.URL{
			Scheme: "mysql", User: url.UserPassword(user, "p@ss/w:rd"),
			Host: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)), Path: o.DBName, RawQuery: "tls=" + encryption,
		}
		a := openOn(t, gormadapter.Options{Driver: mysql.Driver, DSN: u.String()})
		if got := setting(t, a, "SELECT CURRENT_USER()"); got != user+"@localhost" {
			t.Errorf("tls=%s: signed in as %s", encryption, got)
		}
		u.User = url.UserPassword(user, "hunter2")
		if _, err := gormadapter.Open(gormadapter.Options{Driver: mysql.Driver, DSN: u.String()}); err == nil ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("tls=%s, another password: got %v", encryption, err)
		}
	}
}

// fieldsOf returns options with the parts of a DSN in separate fields.
func fieldsOf(t testing.TB, o gormadapter.Options, more func(*gormadapter.Options)) gormadapter.Options {
	t.Helper()
	fields := gormadapter.Options{Driver: o.Driver}
	address := ""
	if o.Driver == mysql.Driver {
		config, err := sqldriver.ParseDSN(o.DSN)
		must(t, err)
		address, fields.User, fields.Password, fields.DBName = config.Addr, config.User, config.Passwd, config.DBName
	} else {
		u, err := url.Parse(o.DSN)
		must(t, err)
		address, fields.User, fields.DBName = u.Host, u.User.Username(), strings.TrimPrefix(u.Path, "/")
		fields.Password, _ = u.User.Password()
	}
	host, port, err := net.SplitHostPort(address)
	must(t, err)
	fields.Host = host
	fields.Port, err = strconv.Atoi(port)
	must(t, err)
	if more != nil {
		more(&fields)
	}
	return fields
}

func setting(t testing.TB, a *gormadapter.Adapter, query string) (value string) {
	t.Helper()
	must(t, a.DB().Raw(query).Row().Scan(&value))
	return value
}

func atMost(t testing.TB, a *gormadapter.Adapter, want int) {
	t.Helper()
	pool, err := a.DB().DB()
	must(t, err)
	if got := pool.Stats().MaxOpenConnections; got != want {
		t.Errorf("got at most %d connections, want %d", got, want)
	}
}

// If TLS is set, Open refuses a server without TLS, and one whose certificate nobody has signed.
func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, err := gormadapter.Open(fieldsOf(t, e.empty(t), func(o *gormadapter.Options) { o.TLS = &tls.Config{} }))
			if err == nil {
				a.Close()
				t.Error("connected without a certificate")
			}
		})
	}
}
