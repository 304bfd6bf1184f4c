package schemachange

import (
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// sameIndex reports whether two indexes are on the same columns and expressions and have the same
// condition. It compares expressions and conditions by their normalized text.
func sameIndex(live, want *schema.Index) bool {
	if live.Unique != want.Unique || condition(live) != condition(want) || len(live.Parts) != len(want.Parts) {
		return false
	}
	for i, part := range live.Parts {
		if !samePart(part, want.Parts[i]) {
			return false
		}
	}
	return true
}

func samePart(a, b *schema.IndexPart) bool {
	if a.Desc != b.Desc || (a.C == nil) != (b.C == nil) {
		return false
	}
	if a.C != nil {
		return strings.EqualFold(a.C.Name, b.C.Name)
	}
	return normalizeExpression(expressionText(a.X)) == normalizeExpression(expressionText(b.X))
}

// condition returns the normalized condition of a partial index, or the empty string.
func condition(i *schema.Index) string {
	if p := attribute[*sqlite.IndexPredicate](i.Attrs); p != nil {
		return normalizeExpression(p.P)
	}
	if p := attribute[*postgres.IndexPredicate](i.Attrs); p != nil {
		return normalizeExpression(p.P)
	}
	return ""
}

// attribute returns the first attribute of type T, or nil.
func attribute[T schema.Attr](attrs []schema.Attr) (found T) {
	for _, a := range attrs {
		if t, ok := a.(T); ok {
			return t
		}
	}
	return found
}

// defaultText returns a default as SQL, or the empty string for nil.
func defaultText(x schema.Expr) string {
	if l, ok := x.(*schema.Literal); ok {
		return l.V
	}
	return expressionText(x)
}

func expressionText(x schema.Expr) string {
	if raw, ok := x.(*schema.RawExpr); ok {
		return raw.X
	}
	return ""
}

// normalizeExpression removes what databases add to or remove from an expression without changing
// its meaning: white space, quotes around names, and outer parentheses. Text literals stay as they
// are.
func normalizeExpression(expr string) string {
	var b strings.Builder
	inText := false
	for _, r := range expr {
		if r == '\'' {
			inText = !inText
		}
		if inText || !strings.ContainsRune(" \t\r\n`\"", r) {
			b.WriteRune(r)
		}
	}
	expr = b.String()
	for strings.HasPrefix(expr, "(") && closingParenthesis(expr) == len(expr)-1 {
		expr = expr[1 : len(expr)-1]
	}
	return expr
}

// closingParenthesis returns the index of the parenthesis that closes the first one, or -1.
func closingParenthesis(expr string) int {
	depth, inText := 0, false
	for i, r := range expr {
		switch {
		case r == '\'':
			inText = !inText
		case inText:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
