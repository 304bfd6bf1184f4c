// Command testreport turns the output of any number of "go test -json" runs on stdin into what a
// person wants to read: a line per package, the output of what failed, and each skipped test with
// its reason. Lines that are no JSON pass through.
//
// A test that ran more than once failed if it failed in any run, and is skipped only if it passed
// in none. With -strict a skip fails too, unless the -allow file has a line for it:
//
//	package test reason
//
// where package is the import path, test a regular expression for the whole name of the test, and
// reason says why it cannot run.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	allow := flag.String("allow", "", "`file` of skips that -strict lets pass")
	strict := flag.Bool("strict", false, "a skipped test is a failure")
	counts := flag.String("counts", "", "`file` to write the numbers of passed, failed and skipped tests to")
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
