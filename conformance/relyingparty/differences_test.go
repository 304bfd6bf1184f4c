package relyingparty_test

// difference is a reason why the two relying parties do not agree in some cases.
type difference struct {
	reason string // with the section of the standard, if one decides
	cases  []string
}

// each returns the names of cases that have the same beginning.
func each(beginning string, ends ...string) []string {
	var names []string
	for _, end := range ends {
		names = append(names, beginning+" "+end)
	}
	return names
}

// The ends of names of cases.
var (
	wrongType    = []string{"true", "false", "0", "-1", "1.5", "an object"}
	notText      = []string{"true", "false", "0", "-1", "1.5", "an empty list", "a list", "an object"}
	anyValue     = append([]string{"null", "an empty string", "another string"}, notText...)
	otherSuccess = []string{"201", "202", "203", "206"}
	notList      = []string{"true", "false", "0", "-1", "1.5", "an empty string", "another string", "an object"}
)
