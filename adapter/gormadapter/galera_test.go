package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
	sqldriver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
)

// galera returns an empty database in a cluster, at each of its three nodes.
func galera(t testing.TB) (nodes []gormadapter.Options) {
	t.Helper()
	var name string
	for i, dsn := range strings.Fields(addressOf(t, "CARDEA_TEST_GALERA")) {
		config, err := sqldriver.ParseDSN(dsn)
		must(t, err)
		if i == 0 {
			name = createDatabase(t, gormmysql.Open(dsn), "")
		}
		waitForNode(t, *config)
		config.DBName = name
		nodes = append(nodes, gormadapter.Options{Driver: mysql.Driver, DSN: config.FormatDSN()})
	}
	return nodes
}

// waitForNode waits until a node knows what the others have acknowledged, such as a new database.
func waitForNode(t testing.TB, config sqldriver.Config) {
	t.Helper()
	config.Params = map[string]string{"wsrep_sync_wait": "7"}
	must(t, connect(t, gormmysql.Open(config.FormatDSN())).Exec("SELECT 1").Error)
}

// cluster are servers of one site, each on another node of the cluster.
type cluster struct {
	sites  []*site
	stores []*gormadapter.Adapter
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	idp := cardeatest.NewIssuer(t)
	c := &cluster{}
	for i, o := range galera(t) {
		a := openExisting(t, o)
		if i == 0 {
			must(t, a.Migrate(t.Context()))
		}
		c.stores = append(c.stores, a)
		c.sites = append(c.sites, newSiteOf(t, a, idp))
	}
	return c
}

// newSiteOf starts a server of a site whose servers all have this provider.
func newSiteOf(t *testing.T, a *gormadapter.Adapter, idp *cardeatest.Issuer) *site {
	t.Helper()
	return newSite[gormadapter.User](t, a, func(c *cardea.Config) {
		c.Providers = []cardea.Provider{provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})}
	}, nil)
}

// signIn signs a new visitor in at one of the servers.
func (c *cluster) signIn(t *testing.T, server int, name string) *cardeatest.Browser {
	t.Helper()
	s := c.sites[server]
	return cardeatest.SignIn(t, s.URL, "idp", name)
}

// Two nodes unlink the last two accounts of a user at once. One account is left.
func TestLastTwoAccountsUnlinkedAtTwoNodes(t *testing.T) {
	t.Parallel()
	nodes := galera(t)
	stores := make([]*gormadapter.Adapter, 2)
	auths := make([]*cardea.Auth, 2)
	providers := []cardea.Provider{
		provider.OIDC("idp", "IdP", provider.Client{ID: "id", Secret: "secret", Issuer: "https://idp.example"}),
		provider.OIDC("other", "Other", provider.Client{ID: "id", Secret: "secret", Issuer: "https://other.example"}),
	}
	for i := range stores {
		stores[i] = openOn(t, nodes[i])
		var err error
		auths[i], err = cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: stores[i], Providers: providers,
			Logger: slog.New(slog.DiscardHandler),
		})
		must(t, err)
	}
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range 50 {
		u := &cardea.User{Name: fmt.Sprint(i)}
		must(t, stores[0].CreateUser(ctx, u))
		for _, provider := range []string{"idp", "other"} {
			must(t, stores[0].LinkAccount(ctx, &cardea.Account{
				UserID: u.ID, Type: cardea.TypeOIDC, Provider: provider, ProviderAccountID: u.ID,
			}))
		}
		var first, second error
		wg.Go(func() { first = auths[0].UnlinkAccount(ctx, u.ID, "idp", u.ID) })
		wg.Go(func() { second = auths[1].UnlinkAccount(ctx, u.ID, "other", u.ID) })
		wg.Wait()
		left, err := stores[0].Accounts(ctx, u.ID)
		must(t, err)
		if len(left) != 1 || (first == nil) == (second == nil) ||
			!errors.Is(errors.Join(first, second), cardea.ErrLastCredential) {
			t.Errorf("user %d: %d accounts are left; the two got %v and %v", i, len(left), first, second)
		}
	}
}

// A visitor who has just signed in at one node is signed in at every other node, and keeps the
// cookie. Who has signed out is signed out there.
func TestVisitorsChangeTheNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var wg sync.WaitGroup
	var null, kept atomic.Int32
	for worker := range 6 {
		wg.Go(func() {
			for i := range 25 {
				server := (worker + i) % 3
				b := c.signIn(t, server, fmt.Sprint("visitor ", worker, " ", i))
				b.Site = c.sites[(server+1)%3].URL
				if b.Session() == nil || sessionToken(t, b) == "" {
					null.Add(1)
					continue
				}
				token := sessionToken(t, b)
				b.SignOut()
				b.Site = c.sites[(server+2)%3].URL
				setSessionToken(t, b, token)
				if b.Session() != nil {
					kept.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if null.Load()+kept.Load() > 0 {
		t.Errorf("of 150 visitors %d were not signed in at the next node, and %d were not signed out",
			null.Load(), kept.Load())
	}
}

func setSessionToken(t *testing.T, b *cardeatest.Browser, token string) {
	t.Helper()
	site, err := url.Parse(b.Site)
	must(t, err)
	b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
}

// What one node has acknowledged, the statements at another node find: reads, and writes that
// depend on what is there.
func TestStatementsAtAnotherNode(t *testing.T) {
	t.Parallel()
	nodes := galera(t)
	one := openOn(t, nodes[0])
	two := openExisting(t, nodes[1])
	ctx := t.Context()
	wrong := map[string]int{}
	check := func(what string, ok bool) {
		if !ok {
			wrong[what]++
		}
	}
	for i := range 100 {
		id := fmt.Sprint("user ", i)
		must(t, one.Transact(ctx, func(ctx context.Context) error {
			must(t, one.CreateUser(ctx, &cardea.User{ID: id, Email: id}))
			for j := range 10 {
				must(t, one.CreateSession(ctx,
					&cardea.Session{Token: fmt.Sprint(id, ".", j), UserID: id, Expires: expiry}))
			}
			return one.CreateVerificationToken(ctx,
				&cardea.VerificationToken{Identifier: id, Token: id, Expires: expiry})
		}))
		switch i % 7 {
		case 0:
			_, err := two.Session(ctx, id+".1")
			check("Session", err == nil)
		case 1:
			n, err := two.DeleteSessions(ctx, id, "")
			check("DeleteSessions", err == nil && n == 10)
		case 2:
			check("RenewSession", two.RenewSession(ctx, id+".1", expiry) == nil)
		case 3:
			_, err := two.ConsumeVerificationToken(ctx, id, id)
			check("ConsumeVerificationToken", err == nil)
		case 4:
			check("CreateSession", two.CreateSession(ctx,
				&cardea.Session{Token: id, UserID: id, Expires: expiry}) == nil)
		case 5:
			must(t, two.DeleteSession(ctx, id+".1"))
			_, err := one.Session(ctx, id+".1")
			check("DeleteSession", errors.Is(err, cardea.ErrNotFound))
		case 6:
			check("LockUser", two.Transact(ctx, func(ctx context.Context) error {
				if err := two.LockUser(ctx, id); err != nil {
					return err
				}
				sessions, err := two.Sessions(ctx, id)
				if err == nil && len(sessions) != 10 {
					err = fmt.Errorf("%d sessions", len(sessions))
				}
				return err
			}) == nil)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("at another node, of 14 or 15 each: %v", wrong)
	}
}

// An application's own connection to a cluster must wait for what other nodes have acknowledged. It
// is enough if the DSN says so. Open leaves a DSN that says something else as it is.
func TestConnectionsThatDoNotWaitAreRefused(t *testing.T) {
	t.Parallel()
	o := galera(t)[0]
	for setting, want := range map[string]bool{"": false, "1": false, "3": false, "6": false, "7": true, "15": true} {
		dsn := o.DSN + "?parseTime=true"
		if setting != "" {
			dsn += "&wsrep_sync_wait=" + setting
		}
		_, err := gormadapter.New(connect(t, gormmysql.Open(dsn)))
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "wsrep_sync_wait=7") {
			t.Errorf("New, wsrep_sync_wait %q: got %v", setting, err)
		}
		if setting == "" {
			continue
		}
		a, err := gormadapter.Open(gormadapter.Options{Driver: mysql.Driver, DSN: dsn})
		if err == nil {
			must(t, a.Close())
		}
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "wsrep_sync_wait=7") {
			t.Errorf("Open, wsrep_sync_wait %q: got %v", setting, err)
		}
	}
}

// Sign-ins of one person at all nodes at once all succeed, and leave one session each.
func TestOnePersonSignsInAtAllNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.signIn(t, 0, "ann")
	var wg sync.WaitGroup
	for server := range c.sites {
		for range 4 {
			wg.Go(func() {
				for range 5 {
					c.signIn(t, server, "ann")
				}
			})
		}
	}
	wg.Wait()
	if got, want := countRows(t, c.stores[0]), (rows{1, 1, 61}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Servers at all nodes start at once and migrate an empty database. All tables are there, and the
// servers work.
func TestMigrateAtAllNodes(t *testing.T) {
	t.Parallel()
	for range 6 {
		var wg sync.WaitGroup
		nodes := galera(t)
		stores := make([]*gormadapter.Adapter, len(nodes))
		for i, o := range nodes {
			stores[i] = openExisting(t, o, gormadapter.WithUser[member]())
			wg.Go(func() {
				if err := stores[i].Migrate(t.Context()); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		for i, a := range stores {
			must(t, visit(t.Context(), a, fmt.Sprint("visitor ", i)))
			must(t, a.CreateVerificationToken(t.Context(),
				&cardea.VerificationToken{Identifier: "i", Token: fmt.Sprint(i), Expires: expiry}))
		}
	}
}
