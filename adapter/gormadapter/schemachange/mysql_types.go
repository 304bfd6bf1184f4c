package schemachange

import (
	"regexp"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

var (
	// mysqlValues is an enum or set with its values, which may contain anything, and what follows.
	mysqlValues = regexp.MustCompile(`(?is)^\s*(enum|set)\s*(\((?:[^'")]|'[^']*'|"[^"]*")*\))(.*)$`)
	mysqlValue  = regexp.MustCompile(`(?s)'((?:[^']|'')*)'|"((?:[^"]|"")*)"`)

	mysqlAutoIncrement = regexp.MustCompile(`(?i)\s+auto_increment\b`)
	mysqlCharset       = regexp.MustCompile(`(?i)\s+(?:character\s+set|charset)\s+(\w+)`)
)

func (mysqlEngine) setType(c *schema.Column, sqlType string, f *orm.Field) error {
	kind, values := "", ""
	if m := mysqlValues.FindStringSubmatch(sqlType); m != nil {
		kind, values, sqlType = strings.ToLower(m[1]), m[2], m[3]
	}
	if mysqlAutoIncrement.MatchString(sqlType) || f.AutoIncrement {
		c.Attrs = append(c.Attrs, &mysql.AutoIncrement{})
		sqlType = mysqlAutoIncrement.ReplaceAllString(sqlType, "")
	}
	if m := mysqlCharset.FindStringSubmatch(sqlType); m != nil {
		c.SetCharset(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	if m := collateClause.FindStringSubmatch(sqlType); m != nil {
		c.SetCollation(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	sqlType = cutNull(c, sqlType)
	c.Type.Raw = kind + values + strings.TrimSpace(sqlType)
	switch kind {
	case "enum":
		c.Type.Type = &schema.EnumType{T: kind, Values: enumValues(values)}
	case "set":
		c.Type.Type = &mysql.SetType{Values: enumValues(values)}
	default:
		c.Type.Type = mysqlType(strings.ToLower(c.Type.Raw))
	}
	return nil
}

// enumValues returns the values of an enum or set as Atlas has them: without the quotes around
// them, and with two quotes for one inside.
func enumValues(list string) (values []string) {
	for _, m := range mysqlValue.FindAllStringSubmatch(list, -1) {
		value := m[1]
		if m[2] != "" {
			value = strings.ReplaceAll(strings.ReplaceAll(m[2], `""`, `"`), "'", "''")
		}
		values = append(values, value)
	}
	return values
}

// mysqlText matches the names of types of text that Atlas does not know.
var mysqlText = regexp.MustCompile(`^(n?char|character|varcharacter|nvarchar|national|long)\b`)

// mysqlType returns a type that Atlas writes as it is given. Atlas does not know all names of types
// (dec, middleint, double precision), and forgets the digits of float(7,3). For those it is the
// database that decides what is the same.
func mysqlType(text string) schema.Type {
	parsed, err := mysql.ParseType(text)
	_, unknown := parsed.(*schema.UnsupportedType)
	float, ok := parsed.(*schema.FloatType)
	switch {
	case err == nil && !unknown && (!ok || float.Precision == 0):
		return parsed
	case mysqlText.MatchString(text):
		return &schema.StringType{T: text}
	}
	return &schema.SpatialType{T: text} // whose name Atlas writes as it is
}

// sameCharset gives a column the names of the character set and the collation as the database has
// them, if they differ only in the name of utf8, which newer servers call utf8mb3.
func sameCharset(live, want *schema.Column) {
	l, w := attribute[*schema.Charset](live.Attrs), attribute[*schema.Charset](want.Attrs)
	if l != nil && w != nil && utf8Name(l.V) == utf8Name(w.V) {
		w.V = l.V
	}
	lc, wc := attribute[*schema.Collation](live.Attrs), attribute[*schema.Collation](want.Attrs)
	if lc != nil && wc != nil && utf8Name(lc.V) == utf8Name(wc.V) {
		wc.V = lc.V
	}
}

func utf8Name(name string) string {
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(name, "utf8"); ok && (rest == "" || rest[0] == '_') {
		return "utf8mb3" + rest
	}
	return name
}
