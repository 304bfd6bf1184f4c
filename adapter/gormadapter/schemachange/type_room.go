package schemachange

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
)

// misfit returns the condition of the rows whose value of a column does not fit into a new type, or
// "" if all values fit. It reports false if only the database knows which values fit.
func (t *tableRisks) misfit(column string, from, to schema.Type) (condition string, known bool) {
	isMySQL := t.db.Name() == "mysql"
	switch to := to.(type) {
	case *schema.StringType:
		have, isText := textSize(from, isMySQL)
		want, ok := textSize(to, isMySQL)
		switch _, isBinary := from.(*schema.BinaryType); {
		case !ok, isBinary, !isText && isMySQL && !hasShortText(from):
			return "", false
		case want.size == 0, isText && have.fitsInto(want):
			return "", true
		}
		return want.exceededBy(column, isMySQL), true
	case *schema.IntegerType, *schema.BoolType:
		have, ok := integerRange(from)
		want, okToo := integerRange(to)
		switch {
		case !ok || !okToo:
			return "", false
		case have.low >= want.low && have.high <= want.high:
			return "", true
		}
		return fmt.Sprintf("%s NOT BETWEEN %d AND %d", column, want.low, want.high), true
	case *schema.DecimalType:
		if from, ok := from.(*schema.DecimalType); ok && from.Unsigned == to.Unsigned {
			return decimalMisfit(column, from, to), true
		}
	case *schema.TimeType: // fewer digits round the time
		from, ok := from.(*schema.TimeType)
		return "", ok && from.T == to.T
	case *schema.EnumType:
		if isEnumOrText(from) {
			return fmt.Sprintf("%s NOT IN ('%s')", column, strings.Join(to.Values, "', '")), true
		}
	}
	return "", false
}

// room is how long a text may be. The size 0 has no limit.
type room struct {
	size  int64
	bytes bool // size is in bytes, otherwise in characters
}

// mysqlTexts are MySQL's types of text without a size of their own, with their bytes.
var mysqlTexts = map[string]int64{
	"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1, "longtext": 1<<32 - 1,
}

// textSize returns how much a type of text holds. It reports false for any other type.
func textSize(of schema.Type, isMySQL bool) (room, bool) {
	t, ok := of.(*schema.StringType)
	switch {
	case !ok:
		return room{}, false
	case isMySQL && mysqlTexts[t.T] > 0:
		return room{mysqlTexts[t.T], true}, true
	case t.Size == 0 && (t.T == "char" || t.T == "character"):
		return room{size: 1}, true
	case t.Size == 0 && isMySQL: // a name that Atlas does not know
		return room{}, false
	}
	return room{size: int64(t.Size)}, true
}

// fitsInto reports whether each text with room r has room in another one.
func (r room) fitsInto(other room) bool {
	if !r.bytes && other.bytes {
		r.size *= 4 // a character has at most four bytes
	}
	return r.size > 0 && r.size <= other.size
}

// exceededBy returns the condition of the texts that are longer, or of the values written as texts.
func (r room) exceededBy(column string, isMySQL bool) string {
	switch {
	case r.bytes:
		return fmt.Sprintf("length(%s) > %d", column, r.size)
	case isMySQL:
		return fmt.Sprintf("char_length(%s) > %d", column, r.size)
	}
	return fmt.Sprintf("char_length(CAST(%s AS text)) > %d", column, r.size)
}

// hasShortText reports whether MySQL's values of a type are written as texts in one way only.
func hasShortText(t schema.Type) bool {
	switch t.(type) {
	case *schema.IntegerType, *schema.BoolType, *schema.DecimalType, *schema.EnumType, *mysql.SetType:
		return true
	}
	return false
}

func isEnumOrText(t schema.Type) bool {
	switch t.(type) {
	case *schema.EnumType, *schema.StringType:
		return true
	}
	return false
}

// integers is a range of numbers.
type integers struct {
	low  int64
	high uint64
}

var integerBits = map[string]int{
	"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64,
	"int2": 16, "int4": 32, "int8": 64,
}

// integerRange returns the numbers that a type has. It reports false for a type without integers.
func integerRange(of schema.Type) (integers, bool) {
	bits, unsigned := 8, false // of MySQL's bool
	switch t := of.(type) {
	case *schema.BoolType:
	case *schema.IntegerType:
		bits, unsigned = integerBits[strings.ToLower(t.T)], t.Unsigned
	default:
		bits = 0
	}
	switch {
	case bits == 0:
		return integers{}, false
	case unsigned:
		return integers{0, 1<<bits - 1}, true
	}
	return integers{-1 << (bits - 1), 1<<(bits-1) - 1}, true
}

// decimalMisfit returns the condition of the numbers with too many digits before the point. Those
// after it are rounded. A precision of 0 has no limit.
func decimalMisfit(column string, from, to *schema.DecimalType) string {
	if to.Precision == 0 || from.Precision > 0 && from.Scale <= to.Scale &&
		from.Precision-from.Scale <= to.Precision-to.Scale {
		return ""
	}
	return fmt.Sprintf("abs(round(%s, %d)) >= 1%s", column, to.Scale, strings.Repeat("0", to.Precision-to.Scale))
}
