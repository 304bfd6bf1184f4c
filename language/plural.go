package language

// The plural categories of CLDR. Each language has other, and some of the rest.
const (
	zero  = "zero"
	one   = "one"
	two   = "two"
	few   = "few"
	many  = "many"
	other = "other"
)

var categories = []string{zero, one, two, few, many, other}

// plural returns the rule of the language for whole numbers that are not negative: which category a
// number has (CLDR 48, cardinal plurals). A language that is not listed has one for 1.
func (t tag) plural() func(n int) string {
	if rule, ok := plurals[t.language]; ok {
		return rule
	}
	return oneIsOne
}

var plurals = map[string]func(n int) string{
	"id": never, "ja": never, "ko": never, "lo": never, "ms": never, "my": never, "th": never, "vi": never,
	"yue": never, "zh": never,
	"am": zeroIsOne, "as": zeroIsOne, "bn": zeroIsOne, "fa": zeroIsOne, "fr": millionsAreMany(zeroIsOne),
	"gu": zeroIsOne, "hi": zeroIsOne, "hy": zeroIsOne, "kn": zeroIsOne, "pt": millionsAreMany(zeroIsOne),
	"zu": zeroIsOne,
	"ca": millionsAreMany(oneIsOne), "es": millionsAreMany(oneIsOne), "it": millionsAreMany(oneIsOne),
	"ar": arabic, "he": hebrew,
	"be": russian, "ru": russian, "uk": russian, "bs": serbian, "hr": serbian, "sr": serbian,
	"cs": czech, "sk": czech, "pl": polish, "ro": romanian, "lt": lithuanian, "lv": latvian, "sl": slovenian,
}

func never(int) string { return other }

func oneIsOne(n int) string {
	if n == 1 {
		return one
	}
	return other
}

func zeroIsOne(n int) string {
	if n == 0 || n == 1 {
		return one
	}
	return other
}

// millionsAreMany is a rule that has many for whole millions, too: "un million de codes".
func millionsAreMany(rule func(n int) string) func(n int) string {
	return func(n int) string {
		if n != 0 && n%1_000_000 == 0 {
			return many
		}
		return rule(n)
	}
}

// within reports whether n is between two numbers, including them.
func within(n, from, to int) bool { return n >= from && n <= to }

func arabic(n int) string {
	switch {
	case n == 0:
		return zero
	case n == 1:
		return one
	case n == 2:
		return two
	case within(n%100, 3, 10):
		return few
	case within(n%100, 11, 99):
		return many
	}
	return other
}

func hebrew(n int) string {
	if n == 2 {
		return two
	}
	return oneIsOne(n)
}

func russian(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return one
	case within(n%10, 2, 4) && !within(n%100, 12, 14):
		return few
	}
	return many
}

func serbian(n int) string {
	if category := russian(n); category != many {
		return category
	}
	return other
}

func czech(n int) string {
	if within(n, 2, 4) {
		return few
	}
	return oneIsOne(n)
}

func polish(n int) string {
	switch {
	case n == 1:
		return one
	case within(n%10, 2, 4) && !within(n%100, 12, 14):
		return few
	}
	return many
}

func romanian(n int) string {
	switch {
	case n == 1:
		return one
	case n == 0 || within(n%100, 1, 19):
		return few
	}
	return other
}

func lithuanian(n int) string {
	switch {
	case within(n%100, 11, 19):
		return other
	case n%10 == 1:
		return one
	case n%10 != 0:
		return few
	}
	return other
}

func latvian(n int) string {
	switch {
	case n%10 == 0 || within(n%100, 11, 19):
		return zero
	case n%10 == 1:
		return one
	}
	return other
}

func slovenian(n int) string {
	switch {
	case n%100 == 1:
		return one
	case n%100 == 2:
		return two
	case within(n%100, 3, 4):
		return few
	}
	return other
}
