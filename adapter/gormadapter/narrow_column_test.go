package gormadapter_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm/logger"
)

// unsized has columns of the application whose tags say nothing of a size, or all of a type. On
// MySQL GORM makes some of them varchar(191).
type unsized struct {
	gormadapter.User
	Nick    *string `gorm:"unique"`
	Plan    string  `gorm:"not null;default:free"`
	Note    *string
	Phone   *string `gorm:"type:varchar(20)"`
	Country *string `gorm:"type:char(2)"`
}

// Nobody is warned of a column that is as wide as Migrate makes it. The warning could never end.
func TestNoWarningOfFreshColumns(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			openOn(t, o, gormadapter.WithUser[unsized]())
			var out logRecorder
			o.Logger = slog.New(slog.NewTextHandler(&out, nil))
			openOn(t, o, gormadapter.WithUser[unsized]())
			if log := out.take(); log != "" {
				t.Errorf("in the log: %s", log)
			}
		})
	}
}

// The dialector of the application gives unsized columns a size.
func TestNoWarningOfTheDialectorsSize(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[2:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			dsn := e.empty(t).DSN + "?parseTime=true"
			db := connect(t, gormmysql.New(gormmysql.Config{DSN: dsn, DefaultStringSize: 100}))
			var out bytes.Buffer
			db.Logger = logger.New(printer{&out}, logger.Config{LogLevel: logger.Warn})
			newOn(t, db, gormadapter.WithUser[unsized]())
			newOn(t, db, gormadapter.WithUser[unsized]())
			if out.Len() > 0 {
				t.Errorf("in the log: %s", &out)
			}
		})
	}
}

// A value does not fit into a column that is as wide as its entity says. The log has a statement
// that makes it wider, and after that it is stored.
func TestWideningStatementIsWider(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			var out logRecorder
			o.Logger = slog.New(slog.NewTextHandler(&out, nil))
			long := strings.Repeat("n", 200)
			create := func(id string) unsized {
				a := openOn(t, o, gormadapter.WithUser[unsized]())
				nick := id + long
				u := &unsized{Nick: &nick, Plan: "free", Phone: &long, Country: &long}
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: id, Entity: u}))
				var stored unsized
				must(t, a.DB().First(&stored, "id = ?", id).Error)
				return stored
			}
			if before := create("1"); before.Phone != nil || before.Country != nil {
				t.Errorf("got the values %v and %v that do not fit", before.Phone, before.Country)
			}
			a := openOn(t, o, gormadapter.WithUser[unsized]())
			err := a.CreateUser(t.Context(), &cardea.User{Entity: &unsized{Plan: long}})
			if err == nil && e.name != "PostgreSQL" {
				t.Error("a plan that does not fit was stored")
			}
			statements := regexp.MustCompile("ALTER TABLE .user. [^;]*;").FindAllString(
				strings.ReplaceAll(out.take(), `\"`, `"`), -1)
			db := connect(t, dialectorOf(t, o))
			for _, statement := range statements {
				must(t, db.Exec(statement).Error)
			}
			after := create("2")
			var plan string
			must(t, db.Exec("INSERT INTO "+db.Statement.Quote("user")+" (id) VALUES ('3')").Error)
			must(t, db.Raw("SELECT plan FROM "+db.Statement.Quote("user")+" WHERE id = '3'").Scan(&plan).Error)
			if plan != "free" {
				t.Errorf("the default of plan is %q after %q", plan, statements)
			}
			for what, got := range map[string]*string{
				"nick": after.Nick, "phone": after.Phone, "country": after.Country,
			} {
				if got == nil || !strings.HasSuffix(*got, long) {
					t.Errorf("%s: got %v after %q", what, got, statements)
				}
			}
			if log := out.take(); log != "" {
				t.Errorf("in the log afterwards: %s", log)
			}
		})
	}
}
