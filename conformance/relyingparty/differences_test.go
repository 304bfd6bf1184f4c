package relyingparty_test

// difference is cases in which the two relying parties do not agree, and why.
type difference struct {
	reason string // with the section that decides it
	cases  []string
}

// each are the names of cases that begin alike.
func each(beginning string, ends ...string) []string {
	var names []string
	for _, end := range ends {
		names = append(names, beginning+" "+end)
	}
	return names
}

// Ends of the names of cases.
var (
	wrongType    = []string{"true", "false", "0", "-1", "1.5", "an object"}
	notText      = []string{"true", "false", "0", "-1", "1.5", "an empty list", "a list", "an object"}
	anyValue     = append([]string{"null", "an empty string", "another string"}, notText...)
	otherSuccess = []string{"201", "202", "203", "206"}
	notList      = []string{"true", "false", "0", "-1", "1.5", "an empty string", "another string", "an object"}
)
