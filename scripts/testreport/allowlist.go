package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// allowlist holds the tests that may be skipped.
type allowlist []allowance

type allowance struct {
	pkg  string
	test *regexp.Regexp
}

// readAllowlist reads a file with one test a line. Empty lines and lines with # are comments.
func readAllowlist(name string) (allowlist, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list allowlist
	for i, line := range strings.Split(string(data), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("%s:%d: want package, test and reason", name, i+1)
		}
		test, err := regexp.Compile(`^(?:` + fields[1] + `)$`)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
		list = append(list, allowance{pkg: fields[0], test: test})
	}
	return list, nil
}

// has reports whether the test k may be skipped.
func (l allowlist) has(k key) bool {
	for _, a := range l {
		if a.pkg == k.pkg && a.test.MatchString(k.test) {
			return true
		}
	}
	return false
}
