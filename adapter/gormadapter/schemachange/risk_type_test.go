package schemachange_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// Tables whose column v has the type of their name.
type (
	asVarchar3 struct {
		ID int64
		V  *string `gorm:"type:varchar(3)"`
	}
	asText struct {
		ID int64
		V  *string `gorm:"type:text"`
	}
	asInteger struct {
		ID int64
		V  *int32
	}
	asUnsigned struct {
		ID int64
		V  *uint `gorm:"type:int unsigned"`
	}
	asDecimal struct {
		ID int64
		V  *string `gorm:"type:decimal(5,2)"`
	}
	asEnum struct {
		ID int64
		V  *string `gorm:"type:enum('a','it''s')"`
	}
	asMood struct {
		ID int64
		V  *string `gorm:"type:mood"`
	}
	asHandle struct {
		ID int64
		V  *string `gorm:"type:handle"`
	}
	asPrefix struct {
		ID int64
		V  *string `gorm:"type:varchar(20);uniqueIndex:as_prefix_v,length:2"`
	}
)

// newType is a change of the type of a column.
type newType struct {
	entity       any
	from         string
	fits, misfit string // values as SQL; misfit is empty if all values fit
	kind         schemachange.RiskKind
}

var newTypes = map[string][]newType{
	"postgres": {
		{&asVarchar3{}, "varchar(20)", "'äöü'", "'abcd'", schemachange.RiskRows},
		{&asVarchar3{}, "text", "'abc'", "'abcd'", schemachange.RiskRows},
		{&asVarchar3{}, "int", "123", "1234", schemachange.RiskRows},
		{&asVarchar3{}, "mood", "NULL", "'calm'", schemachange.RiskRows},
		{&asText{}, "mood", "'calm'", "", 0},
		{&asText{}, "varchar(20)", "'abc'", "", 0},
		{&asText{}, "timestamptz", "now()", "", 0},
		{&asInteger{}, "bigint", "-2147483648", "2147483648", schemachange.RiskRows},
		{&asInteger{}, "smallint", "5", "", 0},
		{&asInteger{}, "numeric", "5.4", "5000000000", schemachange.RiskValues},
		{&asInteger{}, "text", "'5'", "", schemachange.RiskAlways},
		{&asDecimal{}, "numeric(6,2)", "999.99", "1000", schemachange.RiskRows},
		{&asDecimal{}, "numeric", "999.994", "999.995", schemachange.RiskRows},
		{&asDecimal{}, "numeric(4,2)", "99.99", "", 0},
		{&asMood{}, "text", "'calm'", "", schemachange.RiskAlways},
		{&asHandle{}, "text", "'ann'", "'" + strings.Repeat("a", 20) + "'", schemachange.RiskValues},
	},
	"mysql": {
		{&asVarchar3{}, "varchar(20)", "'äöü'", "'abcd'", schemachange.RiskRows},
		{&asVarchar3{}, "text", "'abc'", "'abcd'", schemachange.RiskRows},
		{&asVarchar3{}, "int", "123", "-123", schemachange.RiskRows},
		{&asVarchar3{}, "enum('abc','abcd')", "'abc'", "'abcd'", schemachange.RiskRows},
		{&asText{}, "longtext", "repeat('ä', 32767)", "repeat('ä', 32768)", schemachange.RiskRows},
		{&asText{}, "varchar(20)", "'abc'", "", 0},
		{&asInteger{}, "bigint", "-2147483648", "2147483648", schemachange.RiskRows},
		{&asInteger{}, "int unsigned", "2147483647", "2147483648", schemachange.RiskRows},
		{&asInteger{}, "tinyint(1)", "1", "", 0},
		{&asInteger{}, "varchar(20)", "'5'", "'five'", schemachange.RiskValues},
		{&asUnsigned{}, "int", "5", "-1", schemachange.RiskRows},
		{&asUnsigned{}, "smallint unsigned", "5", "", 0},
		{&asDecimal{}, "decimal(6,2)", "999.99", "1000", schemachange.RiskRows},
		{&asDecimal{}, "decimal(4,2)", "99.99", "", 0},
		{&asEnum{}, "enum('b','a','it''s')", "'it''s'", "'b'", schemachange.RiskRows},
		{&asEnum{}, "varchar(20)", "'it''s'", "'b'", schemachange.RiskRows},
		{&asPrefix{}, "varchar(20)", "'abc'", "'abd'", schemachange.RiskRows},
	},
	"sqlite": {
		{&asVarchar3{}, "int", "1234", "", 0},
		{&asInteger{}, "text", "'five'", "", 0},
	},
}

// What is said of a change of a type is true: as long as the query of RiskRows finds rows, the
// change fails, and when it finds none, the change runs. RiskValues counts values of which some may
// fit. RiskAlways fails without a row. If nothing is said, nothing can fail.
func TestRisksOfTypes(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		cases := newTypes[strings.Replace(d.dialect, "mariadb", "mysql", 1)]
		db := d.open(t, gorm.Config{})
		if d.dialect == "postgres" {
			createPostgresTypes(t, db)
		}
		a := newAdapter(t, db)
		mustApply(t, a)
		for _, c := range cases {
			t.Run(fmt.Sprintf("%T of %s", c.entity, c.from), func(t *testing.T) {
				stmt := gorm.Statement{DB: db}
				if err := stmt.Parse(c.entity); err != nil {
					t.Fatal(err)
				}
				table := stmt.Schema.Table
				id := "bigint PRIMARY KEY AUTO_INCREMENT"
				switch d.dialect {
				case "postgres":
					id = "bigserial PRIMARY KEY"
				case "sqlite":
					id = "integer PRIMARY KEY AUTOINCREMENT"
				}
				mustExec(t, db, "DROP TABLE IF EXISTS "+table, "CREATE TABLE "+table+" (id "+id+", v "+c.from+")")
				insert := func(value string) { mustExec(t, db, "INSERT INTO "+table+" (v) VALUES ("+value+")") }
				if c.kind == schemachange.RiskAlways {
					expectRisk(t, db, a, c, 0)
					expectApplyFails(t, a, c)
					insert(c.fits)
					expectRisk(t, db, a, c, 1)
					expectApplyFails(t, a, c)
					return
				}
				insert(c.fits)
				expectRisk(t, db, a, c, 0)
				if c.misfit != "" {
					insert(c.misfit)
					expectRisk(t, db, a, c, 1)
					expectApplyFails(t, a, c)
					mustExec(t, db, "DELETE FROM "+table+" WHERE id > 1")
				}
				mustApply(t, a, c.entity)
			})
		}
	})
}

// expectRisk checks what is said while certain rows stand in the way.
func expectRisk(t *testing.T, db *gorm.DB, a *gormadapter.Adapter, c newType, inTheWay int) {
	t.Helper()
	p, err := schemachange.Diff(t.Context(), a, c.entity)
	if err != nil {
		t.Fatal(err)
	}
	silent := c.misfit == "" && c.kind != schemachange.RiskAlways
	if silent != (len(p.Risks) == 0) || len(p.Risks) > 1 {
		t.Fatalf("got risks %v of\n%s", p.Risks, p.Script())
	}
	if silent {
		return
	}
	risk := p.Risks[0]
	rows := queryValue[int](t, db, risk.Query)
	if risk.Kind != c.kind || risk.Kind == schemachange.RiskRows && rows != inTheWay {
		t.Errorf("%q is a risk of kind %d and finds %d rows, want kind %d and %d",
			risk.Query, risk.Kind, rows, c.kind, inTheWay)
	}
	must := strings.Contains(p.Script(), "--   this must return 0:")
	if must != (c.kind == schemachange.RiskRows) {
		t.Errorf("the script says %q", p.Script())
	}
}

func expectApplyFails(t *testing.T, a *gormadapter.Adapter, c newType) {
	t.Helper()
	if p, err := schemachange.Apply(t.Context(), a, c.entity); err == nil {
		t.Errorf("applied\n%s", p.Script())
	}
}
