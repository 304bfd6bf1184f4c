package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// report collects the events of test runs, and prints each package when it ends.
type report struct {
	out     io.Writer
	output  map[key]*strings.Builder // of tests and packages that have not ended
	results map[key]*result
}

// key identifies a test, or a package if test is empty.
type key struct{ pkg, test string }

// result is the result of a test in all runs.
type result struct {
	passed, failed bool
	reason         string // why it was skipped, or ""
}

// String returns the package and the test.
func (k key) String() string { return strings.TrimSpace(k.pkg + " " + k.test) }

// totals are the numbers of tests.
type totals struct{ passed, failed, skipped int }

// event is a line of "go test -json". See go doc cmd/test2json, and go help buildjson for the build
// actions.
type event struct {
	Action      string
	Package     string
	ImportPath  string // replaces Package in the build actions
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[key]*strings.Builder{}, results: map[key]*result{}}
}

// read reads all events of in.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

// line handles one line of the input.
func (r *report) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil || e.Action == "" {
		r.out.Write(line)
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.buffer(k).WriteString(e.Output)
	case "build-output":
		r.buffer(key{pkg: e.ImportPath}).WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.packageEnded(e)
		} else {
			r.testEnded(k, e.Action)
		}
	}
}

// buffer returns the output of k so far.
func (r *report) buffer(k key) *strings.Builder {
	b := r.output[k]
	if b == nil {
		b = &strings.Builder{}
		r.output[k] = b
	}
	return b
}

// testEnded records the result of a test, and prints the output of a failed one.
func (r *report) testEnded(k key, action string) {
	text := r.take(k)
	res := r.result(k)
	switch action {
	case "pass":
		res.passed = true
	case "fail":
		res.failed = true
		if messages(text) != "" { // a test that failed only because of its subtests has none
			fmt.Fprintf(r.out, "\n%s\n%s\n", k.pkg, text)
		}
	case "skip":
		res.reason = cmp.Or(messages(text), "no reason given")
	}
}

// packageEnded prints the result of a package.
func (r *report) packageEnded(e event) {
	own := r.take(key{pkg: e.Package})
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok    %s  %.1f s\n", e.Package, e.Elapsed)
	case "fail":
		r.packageFailed(e, own)
	}
	// A skipped package has no tests, so there is nothing to print.
	maps.DeleteFunc(r.output, func(k key, _ *strings.Builder) bool { return k.pkg == e.Package })
}

// packageFailed prints what the failed tests have not shown: compiler errors, a crash, and the
// tests that have not ended because of it.
func (r *report) packageFailed(e event, own string) {
	explained := false
	for k, res := range r.results {
		explained = explained || k.pkg == e.Package && res.failed
	}
	var unfinished []key
	for k := range r.output {
		if k.pkg == e.Package && k.test != "" {
			unfinished = append(unfinished, k)
		}
	}
	slices.SortFunc(unfinished, compareKeys)

	fmt.Fprint(r.out, r.take(key{pkg: e.FailedBuild}))
	for _, k := range unfinished {
		r.testEnded(k, "fail")
		explained = true
	}
	if !explained {
		r.result(key{pkg: e.Package}).failed = true
	}
	fmt.Fprint(r.out, own)
}

// take returns the output of k and removes it.
func (r *report) take(k key) string {
	b := r.output[k]
	if b == nil {
		return ""
	}
	delete(r.output, k)
	return b.String()
}

// result returns the result of k, a new one if there is none.
func (r *report) result(k key) *result {
	res := r.results[k]
	if res == nil {
		res = &result{}
		r.results[k] = res
	}
	return res
}

// finish prints the skipped and the failed tests, and returns the number of tests of each kind.
func (r *report) finish(allowed allowlist, strict bool) totals {
	var t totals
	for _, k := range slices.SortedFunc(maps.Keys(r.results), compareKeys) {
		res := r.results[k]
		switch {
		case res.failed:
			t.failed++
			fmt.Fprintf(r.out, "failed: %s\n", k)
		case res.passed:
			t.passed++
		case strict && !allowed.has(k):
			t.failed++
			fmt.Fprintf(r.out, "failed: %s was skipped, which is not allowed here: %s\n", k, res.reason)
		default:
			t.skipped++
			fmt.Fprintf(r.out, "skipped: %s: %s\n", k, res.reason)
		}
	}
	return t
}

// messages returns what a test printed, without the lines of the test runner.
func messages(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func compareKeys(a, b key) int {
	return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.test, b.test))
}
