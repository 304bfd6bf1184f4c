package sqlite_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestColumnTypes(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.Exec("CREATE TABLE t (a varchar(20), b decimal(10, 2), c text, d datetime(3), e decimal(5), " +
		"f double precision, g text(+7, -2))").Error; err != nil {
		t.Fatal(err)
	}
	columns, err := db.Migrator().ColumnTypes("t")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		line := c.Name() + " " + strings.ToLower(c.DatabaseTypeName())
		if n, ok := c.Length(); ok {
			line += fmt.Sprint(" length ", n)
		}
		if precision, scale, ok := c.DecimalSize(); ok {
			line += fmt.Sprint(" size ", precision, " ", scale)
		}
		got = append(got, line)
	}
	want := "a varchar length 20, b decimal size 10 2, c text, d datetime size 3 0, e decimal size 5 0, " +
		"f double precision, g text"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestColumnTypesOfMissingTable(t *testing.T) {
	t.Parallel()
	columns, err := openFile(t).Migrator().ColumnTypes("nothing")
	if err == nil || !strings.Contains(err.Error(), "no such table: nothing") {
		t.Errorf("got %v and %v, want an error with the table's name", columns, err)
	}
}
