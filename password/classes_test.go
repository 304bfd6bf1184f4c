package password_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// classes are the faults of other systems with passwords, as advisories and papers describe them.
// The comment of a test says which class it is for: "Class 4: …". Those that need a database are in
// module gormadapter.
var classes = []string{
	1:  "a link for a new password works twice",
	2:  "a link for a new password outlives a change of the password",
	3:  "a link lives as long as one of another kind",
	4:  "sessions outlive a change of the password",
	5:  "what programs sign in with outlives a change of the password",
	6:  "a user without a password has one that can be typed",
	7:  "a flood of passwords takes all memory or all processors",
	8:  "an endless password is hashed",
	9:  "an answer, or its time, tells who has an account",
	10: "a mail goes to the address that was typed, not to the stored one",
	11: "the token of a link reaches another site",
	12: "the host of a link is that of the request",
	13: "a link counts although the address has changed since the mail",
	14: "two sign-ups at once make two users",
	15: "whoever was first with an address shares the account of its owner",
	16: "the old password wins over a new one, because its hash is replaced",
	17: "a list of known passwords that is away, slow or wrong keeps people out",
	18: "a stored hash asks for more than the site can pay",
	19: "an answer tells that the mail could not be sent",
}

var classOfTest = regexp.MustCompile(`(?m)^\t*// Class(?:es)? ([\d, and]+):`)

func TestEachClassHasATest(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, dir := range []string{".", "../passwordhash", "../adapter/gormadapter"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range classOfTest.FindAllSubmatch(source, -1) {
				for _, n := range regexp.MustCompile(`\d+`).FindAllString(string(m[1]), -1) {
					found[n] = true
				}
			}
		}
	}
	for n, class := range classes[1:] {
		if !found[fmt.Sprint(n+1)] {
			t.Errorf("no test is for class %d: %s", n+1, strings.TrimSpace(class))
		}
	}
}
