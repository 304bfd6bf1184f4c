// Command testreport reads the output of one or more runs of "go test -json" from stdin and prints
// a report: one line for each package, the output of failed tests, and each skipped test with its
// reason. Lines that are not JSON are printed unchanged.
//
// A test that several runs contain has failed if it failed in any of them, and was skipped only if
// it passed in none. With -strict a skipped test is a failure too, unless the -allow file has a
// line for it:
//
//	package test reason
//
// package is the import path, test is a regular expression for the whole name of the test, and
// reason says why it cannot run.
//
// The exit status is 0 if no test failed, 1 if one failed, and 2 after another error.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	allow := flag.String("allow", "", "`file` with the skipped tests that -strict allows")
	strict := flag.Bool("strict", false, "count a skipped test as a failure")
	counts := flag.String("counts", "", "`file` for the numbers of passed, failed and skipped tests")
	flag.Parse()

	failed, err := run(*allow, *strict, *counts)
	if err != nil {
		fmt.Fprintf(os.Stderr, "testreport: %v\n", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// run reports on stdin and returns the number of failed tests.
func run(allow string, strict bool, counts string) (failed int, err error) {
	var allowed allowlist
	if allow != "" {
		if allowed, err = readAllowlist(allow); err != nil {
			return 0, err
		}
	}
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		return 0, err
	}
	t := r.finish(allowed, strict)
	if counts != "" {
		err = os.WriteFile(counts, fmt.Appendf(nil, "%d %d %d\n", t.passed, t.failed, t.skipped), 0o644)
	}
	return t.failed, err
}
