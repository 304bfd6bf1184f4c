package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// allowlist is the skips that are no failure.
type allowlist []allowance

type allowance struct {
	pkg  string
	test *regexp.Regexp
}

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

func (l allowlist) has(k key) bool {
	for _, a := range l {
		if a.pkg == k.pkg && a.test.MatchString(k.test) {
			return true
		}
	}
	return false
}
