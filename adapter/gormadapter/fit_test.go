package gormadapter_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm/logger"
)

// pictureOf returns the URL of a picture with n bytes.
func pictureOf(n int) string {
	const start = "https://example.com/"
	return start + strings.Repeat("p", n-len(start))
}

// narrowTables are statements after which the tables are as MikroORM makes them, where they differ
// from ours, or have a small character set.
func narrowTables(engine string) []string {
	var statements []string
	for table, columns := range map[string][]string{
		"user":    {"image"},
		"account": {"refresh_token", "access_token", "id_token", "scope", "token_type", "session_state"},
	} {
		for _, column := range columns {
			switch engine {
			case "PostgreSQL":
				statements = append(statements,
					fmt.Sprintf(`ALTER TABLE "%s" ALTER COLUMN %s TYPE varchar(255)`, table, column))
			case "MariaDB", "MySQL":
				statements = append(statements, fmt.Sprintf("ALTER TABLE `%s` MODIFY %s varchar(255)", table, column))
			}
		}
	}
	return statements
}

// opensLogged returns an adapter whose warnings are in out.
func opensLogged(t *testing.T, o gormadapter.Options, out *logRecorder) *gormadapter.Adapter {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(out, nil))
	return openExisting(t, o)
}

// A picture has any length that providers use. A fresh schema has room for it, and a narrow column
// keeps nobody out: neither a new user nor one who comes back.
func TestLongPictures(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, narrow := range map[string]bool{"fresh tables": false, "narrow tables": true} {
			t.Run(e.name+", "+name, func(t *testing.T) {
				t.Parallel()
				o := e.empty(t)
				store := openOn(t, o)
				if narrow {
					must(t, silently(store, narrowTables(e.name)...))
				}
				var out logRecorder
				s := newSite[gormadapter.User](t, opensLogged(t, o, &out), nil, nil)
				for _, length := range []int{255, 256, 296, 821, 2048} {
					p := visitor(fmt.Sprint("ann", length))
					p.Picture = pictureOf(length)
					s.issuer.Next(p)
					b := cardeatest.NewBrowser(t, s.URL)
					enter(b, p.Subject)
					if b.Session() == nil {
						t.Fatalf("%d bytes: not signed in; log:\n%s", length, s.log.take())
					}
					u, err := store.UserByEmail(t.Context(), p.Email)
					must(t, err)
					want := p.Picture
					if narrow && e.name != "SQLite" && length > 255 {
						want = ""
					}
					if u.Image != want || u.Name != p.Name {
						t.Errorf("%d bytes: got a picture of %d bytes and the name %q", length, len(u.Image), u.Name)
					}
				}
				warns := strings.Contains(out.take(), "column image of table user")
				if warns != (narrow && e.name != "SQLite") {
					t.Errorf("a warning about the column is in the log: %v", warns)
				}
			})
		}
	}
}

// Tokens that do not fit are left out, and those of the sign-in before are removed. The log has the
// statements that widen the columns, and after them everything is stored.
func TestLongTokens(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] { // SQLite has no lengths
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			store := openOn(t, o)
			must(t, silently(store, narrowTables(e.name)...))
			var out logRecorder
			a := opensLogged(t, o, &out)
			ctx := t.Context()
			must(t, a.CreateUser(ctx, &cardea.User{ID: "ann"}))
			long := strings.Repeat("t", 256)
			soon := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
			account := func(token string) *cardea.Account {
				return &cardea.Account{
					UserID: "ann", Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "1", AccessToken: token,
					RefreshToken: token, IDToken: token, Scope: token, TokenType: "bearer", SessionState: token,
					ExpiresAt: soon,
				}
			}
			is := func(what string, want cardea.Account) {
				t.Helper()
				got, err := a.Accounts(ctx, "ann")
				must(t, err)
				if len(got) != 1 || *got[0] != want {
					t.Errorf("%s: got %+v, want %+v", what, got[0], want)
				}
			}
			bare := cardea.Account{
				UserID: "ann", Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "1", TokenType: "bearer",
			}
			must(t, a.LinkAccount(ctx, account(long)))
			is("linked", bare)
			must(t, a.UpdateAccount(ctx, account("short")))
			is("updated with short tokens", *account("short"))
			must(t, a.UpdateAccount(ctx, account(long)))
			is("updated with long tokens", bare)

			statements := regexp.MustCompile("ALTER TABLE .account. [^;]*;").FindAllString(
				strings.ReplaceAll(out.take(), `\"`, `"`), -1)
			if len(statements) != 5 {
				t.Fatalf("got the statements %q, want one for each of 5 columns", statements)
			}
			must(t, silently(store, statements...))
			a = openExisting(t, o)
			must(t, a.UpdateAccount(ctx, account(strings.Repeat("t", 9000))))
			is("updated after the columns were widened", *account(strings.Repeat("t", 9000)))
		})
	}
}

// An adapter on the application's own connection warns through GORM's logger, but not in New, which
// asks the database nothing.
func TestNarrowColumnsOnTheApplicationsConnection(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			store := openOn(t, o)
			must(t, silently(store, narrowTables(e.name)...))
			var out bytes.Buffer
			db := serverConnection(t, o)
			db.Logger = logger.New(printer{&out}, logger.Config{LogLevel: logger.Warn})
			a, err := gormadapter.New(db)
			must(t, err)
			if out.Len() > 0 {
				t.Errorf("New has logged %s", &out)
			}
			must(t, a.Migrate(t.Context()))
			if !strings.Contains(out.String(), "ALTER TABLE") {
				t.Errorf("no statement in the log %q", out.String())
			}
		})
	}
}

type printer struct{ out *bytes.Buffer }

func (w printer) Printf(format string, values ...any) { fmt.Fprintf(w.out, format, values...) }

// A name with characters that the column's character set lacks is left out. The server is not in
// strict mode, so it would store something else.
func TestSmallCharacterSets(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		for _, charset := range []string{"utf8mb3", "latin1", "ascii", "utf8mb4"} {
			t.Run(name+", "+charset, func(t *testing.T) {
				t.Parallel()
				o := empty(t)
				store := openOn(t, o)
				for _, column := range []string{"name varchar(255)", "image varchar(255)"} {
					must(t, silently(store, "ALTER TABLE user MODIFY "+column+" CHARACTER SET "+charset))
				}
				a, err := gormadapter.New(connect(t, gormmysql.Open(o.DSN+"?parseTime=true&sql_mode=''")))
				must(t, err)
				for text, fits := range map[string]string{
					"Ann": "utf8mb4 utf8mb3 latin1 ascii", "Zoë": "utf8mb4 utf8mb3 latin1",
					"10 €": "utf8mb4 utf8mb3 latin1", "李": "utf8mb4 utf8mb3", "Ann 👩‍💻": "utf8mb4",
					strings.Repeat("x", 256): "",
				} {
					want := ""
					if strings.Contains(fits, charset) {
						want = text
					}
					u := &cardea.User{Name: text, Image: text}
					must(t, a.CreateUser(t.Context(), u))
					u, err := a.UserByID(t.Context(), u.ID)
					must(t, err)
					if u.Name != want || u.Image != want {
						t.Errorf("got %q and %q, want %q", u.Name, u.Image, want)
					}
				}
			})
		}
	}
}

// What a row needs is refused if it does not fit, whatever the mode of the server, and nothing is
// cut: half an address or half an account ID would be another person's.
func TestRequiredValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			store := openOn(t, o)
			must(t, store.CreateUser(t.Context(), &cardea.User{ID: "ann"}))
			change := "ALTER TABLE %s MODIFY %s varchar(%d)"
			if e.name == "PostgreSQL" {
				change = `ALTER TABLE "%s" ALTER COLUMN %s TYPE varchar(%d)`
			}
			for table, columns := range map[string][]string{
				"user": {"email"}, "account": {"provider", "provider_account_id", "type"}, "session": {"session_token"},
				"verification_token": {"identifier", "token"},
			} {
				for _, column := range columns {
					must(t, silently(store, fmt.Sprintf(change, table, column, 20)))
				}
			}
			dialector := dialectorOf(t, o)
			if e.name != "PostgreSQL" {
				dialector = gormmysql.Open(o.DSN + "?parseTime=true&sql_mode=''")
			}
			a, err := gormadapter.New(connect(t, dialector))
			must(t, err)
			ctx, long := t.Context(), strings.Repeat("x", 21)
			for what, err := range map[string]error{
				"e-mail": a.CreateUser(ctx, &cardea.User{Email: long}),
				"update": a.UpdateUser(ctx, &cardea.User{ID: "ann", Email: long}),
				"provider": a.LinkAccount(ctx,
					&cardea.Account{UserID: "ann", Type: "oidc", Provider: long, ProviderAccountID: "1"}),
				"account": a.LinkAccount(ctx,
					&cardea.Account{UserID: "ann", Type: "oidc", Provider: "idp", ProviderAccountID: long}),
				"session": a.CreateSession(ctx, &cardea.Session{Token: long, UserID: "ann", Expires: expiry}),
				"token": a.CreateVerificationToken(ctx,
					&cardea.VerificationToken{Identifier: "ann", Token: long, Expires: expiry}),
				"identifier": a.CreateVerificationToken(ctx,
					&cardea.VerificationToken{Identifier: long, Token: "1", Expires: expiry}),
			} {
				if !errors.Is(err, cardea.ErrRefused) || strings.Contains(err.Error(), long) {
					t.Errorf("%s: got %v, want ErrRefused", what, err)
				}
			}
			if got := countRows(t, store); got != (rows{users: 1}) {
				t.Errorf("got %+v, want only the first user", got)
			}
			// The sign-in stores that its flow was used before it stores the account.
			must(t, silently(store, fmt.Sprintf(change, "verification_token", "token", 255)))
			a, err = gormadapter.New(connect(t, dialector)) // which has not read the columns yet
			must(t, err)
			s := newSite[gormadapter.User](t, a, nil, nil)
			p := visitor("ann")
			p.Subject, p.Email = long, "a@example.com"
			s.issuer.Next(p)
			held := heldSite{s, a, nil}
			b := cardeatest.NewBrowser(t, s.URL)
			res := enter(b, long)
			held.isDenied(t, b, res.StatusCode, res.Request.URL.String(), "column provider_account_id of table account")
		})
	}
}

// titled has columns of the application's own that its hook fills.
type titled struct {
	gormadapter.User
	Nickname *string `gorm:"size:5"`
}

func (u *titled) setNickname(p *oauth.Profile) { u.Nickname = new(p.Name) }

// The application's own optional columns keep nobody out either.
func TestOwnColumnsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t), gormadapter.WithUser[titled]())
			entity := a.NewUser().(*titled)
			entity.setNickname(&oauth.Profile{Name: "a long nickname"})
			u := &cardea.User{Name: "Ann", Entity: entity}
			must(t, a.CreateUser(t.Context(), u))
			u, err := a.UserByID(t.Context(), u.ID)
			must(t, err)
			if got := u.Entity.(*titled).Nickname; e.name != "SQLite" && got != nil || u.Name != "Ann" {
				t.Errorf("got the nickname %q of %q", *got, u.Name)
			}
		})
	}
}

// A check of the application's, or a server in a way that the adapter does not know, refuses an
// optional value. The person signs in without it.
func TestSignInWithoutWhatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	checks := map[string][]string{
		"SQLite": {
			"ALTER TABLE user ADD COLUMN short_image text CHECK (image IS NULL OR length(image) < 30)",
			"ALTER TABLE account ADD COLUMN no_token text CHECK (access_token IS NULL)",
		},
		"PostgreSQL": {`ALTER TABLE "user" ADD CHECK (length(image) < 30)`,
			"ALTER TABLE account ADD CHECK (access_token IS NULL)"},
	}
	checks["MariaDB"] = []string{"ALTER TABLE user ADD CHECK (length(image) < 30)",
		"ALTER TABLE account ADD CHECK (access_token IS NULL)"}
	checks["MySQL"] = checks["MariaDB"]
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			store := openOn(t, e.empty(t))
			must(t, silently(store, checks[e.name]...))
			s := newSite[gormadapter.User](t, store, nil, nil)
			for range 2 {
				p := visitor("ann")
				p.Picture = pictureOf(40)
				s.issuer.Next(p)
				b := cardeatest.NewBrowser(t, s.URL)
				enter(b, "ann")
				log := s.log.take()
				if b.Session() == nil || !strings.Contains(log, "stored without name, picture and tokens") {
					t.Fatalf("not signed in, or not logged:\n%s", log)
				}
			}
			if got := countRows(t, store); got != (rows{1, 1, 2}) {
				t.Errorf("got %+v, want one user with two sessions", got)
			}
		})
	}
}
