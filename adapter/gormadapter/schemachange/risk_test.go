package schemachange_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// Two versions of a table. The second one asks of the rows what the first one did not.
type (
	ticketV1 struct {
		ID     int64   `gorm:"primaryKey"`
		Code   string  `gorm:"size:40;not null;index:ticket_code"`
		Seat   string  `gorm:"size:40;not null"`
		Note   *string `gorm:"size:40"`
		Price  int64   `gorm:"not null"`
		UserID string  `gorm:"size:255;not null"`
	}
	ticketV2 struct {
		ID     int64  `gorm:"primaryKey"`
		Code   string `gorm:"size:40;not null;uniqueIndex:ticket_code"`
		Seat   string `gorm:"size:3;not null;uniqueIndex:ticket_seat"`
		Note   string `gorm:"size:40;not null"`
		Price  int32  `gorm:"not null;check:ticket_price,price >= 0"`
		UserID string `gorm:"size:255;not null"`
		User   *ticketUser
		Title  string  `gorm:"size:40;not null"`
		Extra  *string `gorm:"size:40;uniqueIndex:ticket_extra"`
		Level  int     `gorm:"not null;default:1;check:ticket_level,level > 0"`
	}
	ticketUser struct{ gormadapter.User }
)

func (ticketV1) TableName() string   { return "ticket" }
func (ticketV2) TableName() string   { return "ticket" }
func (ticketUser) TableName() string { return "user" }

// tickets is the command of an application that has tickets in one of the versions.
type tickets struct {
	database
	db     *gorm.DB
	folder string
}

func newTickets(t testing.TB, d database) tickets {
	t.Helper()
	s := tickets{d, d.open(t, gorm.Config{}), t.TempDir()}
	if status, _, stderr := s.run(t, &ticketV1{}, "apply"); status != 0 {
		t.Fatal(stderr)
	}
	return s
}

func (s tickets) run(t testing.TB, entity any, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	app := schemachange.App{
		Open: func(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
			return gormadapter.New(s.db, append(opts, gormadapter.WithUser[ticketUser]())...)
		},
		Entities: []any{entity},
	}
	var out, errs bytes.Buffer
	status = schemachange.Main(t.Context(), app, args, &out, &errs)
	return status, out.String(), errs.String()
}

// newMigration writes a migration and returns it, and what the terminal shows.
func (s tickets) newMigration(t testing.TB, name string) (file, stderr string) {
	t.Helper()
	status, out, stderr := s.run(t, &ticketV2{}, "new", "-format", "migrate", "-dir", s.folder, name)
	if status != 0 {
		t.Fatal(stderr)
	}
	path, _, _ := strings.Cut(out, "\n")
	content, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content), stderr
}

// A new migration says in the file and in the terminal what fails with certain rows, counts those
// of this database, and is silent about what cannot fail. The queries tell the truth: as long as
// one finds rows, the migration fails, and when none does, it runs.
func TestNewMigrationNamesRowsInTheWay(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		s := newTickets(t, d)
		ann := createSignedInUser(t, newAdapter(t, s.db), "ann")
		mustExec(t, s.db,
			"INSERT INTO ticket VALUES (1, 'A', 'row 1', NULL, 5, '"+ann.ID+"')",
			"INSERT INTO ticket VALUES (2, 'A', 'C7', 'x', -5, 'nobody')",
			"INSERT INTO ticket VALUES (3, 'B', 'C7', 'x', 5000000000, '"+ann.ID+"')",
		)
		// Each has how many rows are in the way, and what the cure is.
		problems := []struct {
			change, rows, cure string
			notSQLite          bool // it keeps any value
		}{
			{"unique index ticket_code of ticket allows each value once: unique (code)", "1",
				"UPDATE ticket SET code = 'C' WHERE id = 2", false},
			{"unique index ticket_seat of ticket allows each value once: unique (seat)", "1",
				"UPDATE ticket SET seat = 'C8' WHERE id = 2", false},
			{"column ticket.seat changes from ", "1", "UPDATE ticket SET seat = 'C9' WHERE id = 1", true},
			{"column ticket.note becomes NOT NULL", "1", "UPDATE ticket SET note = 'x' WHERE id = 1", false},
			{"column ticket.price changes from ", "1", "UPDATE ticket SET price = 5 WHERE id = 3", true},
			{"check ticket_price of ticket: each row must fulfil price >= 0", "1",
				"UPDATE ticket SET price = 5 WHERE id = 2", false},
			{"foreign key fk_ticket_user of ticket: each row must refer to a row of user", "1",
				"UPDATE ticket SET user_id = '" + ann.ID + "' WHERE id = 2", false},
			{"column ticket.title is NOT NULL without a default", "3", "DELETE FROM ticket", false},
		}
		for i, p := range problems {
			file, terminal := s.newMigration(t, "tickets")
			var lines []string
			for line := range strings.Lines(terminal) {
				lines = append(lines, line)
			}
			for j, p := range problems {
				if p.notSQLite && d.dialect == "sqlite" {
					continue
				}
				if !strings.Contains(file, "--   "+p.change) {
					t.Fatalf("%q is not in the file\n%s", p.change, file)
				}
				want := "CAUTION, rows in the way here: " + p.rows + ": " + p.change
				if j < i {
					want = "caution: " + p.change
				}
				if !strings.Contains(terminal, want) {
					t.Fatalf("after %d cures, %q is not in\n%s", i, want, terminal)
				}
			}
			for _, silent := range []string{"ticket_extra", "ticket_level", "column ticket.level", "ticket.extra"} {
				if strings.Contains(terminal, silent) {
					t.Errorf("warns of %s:\n%s", silent, terminal)
				}
			}
			mysqlInvents := i == len(problems)-1 && (d.dialect == "mysql" || d.dialect == "mariadb")
			if status, _, stderr := s.run(t, &ticketV2{}, "apply"); (status == 0) != mysqlInvents {
				t.Fatalf("with %q in the way, apply returns %d: %s", p.change, status, stderr)
			}
			if mysqlInvents {
				return // the values that they invent are what the warning is about
			}
			mustExec(t, s.db, p.cure)
		}
		if _, terminal := s.newMigration(t, "empty"); strings.Contains(terminal, "CAUTION") {
			t.Errorf("without rows, the terminal shows\n%s", terminal)
		}
		file, _ := s.newMigration(t, "last")
		runScript(t, s.db, file)
		if status, out, stderr := s.run(t, &ticketV2{}, "check"); status != 0 {
			t.Errorf("after the migration: %s%s", out, stderr)
		}
	})
}

// check says of each difference what the database has and what the entity wants.
func TestCheckSaysFromWhatToWhat(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		s := newTickets(t, d)
		mustExec(t, s.db, "CREATE INDEX ticket_extra ON ticket (seat, note)")
		status, out, _ := s.run(t, &ticketV2{}, "check")
		for _, want := range []string{
			"index ticket_code of ticket is different: (code), want unique (code)\n",
			"index ticket_seat of ticket is missing: unique (seat)\n",
			"index ticket_extra of ticket is different: (seat, note), want unique (extra)\n",
			"foreign key fk_ticket_user of ticket is missing: (user_id) to user (id), on update ",
			"check ticket_price of ticket is missing: price >= 0\n",
		} {
			if status != 1 || !strings.Contains(out, want) {
				t.Errorf("status %d, %q is not in\n%s", status, want, out)
			}
		}
	})
}
