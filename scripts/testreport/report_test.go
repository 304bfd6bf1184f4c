package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module has a package for each way in which tests can end. The tests run "go test" on it.
var module = map[string]string{
	"go.mod": "module example.org/m\n\ngo 1.26\n",

	"good/good_test.go": `package good

import "testing"

func TestA(t *testing.T) { t.Run("sub", func(*testing.T) {}) }
`,
	"none/none.go": "package none\n",

	"skip/skip_test.go": `package skip

import "testing"

func TestNoBrowser(t *testing.T) { t.Skip("no browser here") }
`,
	"bad/bad_test.go": `package bad

import "testing"

func TestB(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Error("got 1, want 2") }) }

func TestFine(t *testing.T) { t.Log("chatter") }
`,
	"build/build_test.go": `package build

var x int = "text"
`,
	"crash/crash_test.go": `package crash

import "testing"

func TestC(t *testing.T) { panic("out of cheese") }
`,
	"exit/exit_test.go": `package exit

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	m.Run()
	println("leaving")
	os.Exit(3)
}

func TestD(t *testing.T) {}
`,
	"stuck/stuck_test.go": `package stuck

import "testing"

func TestE(t *testing.T) { t.Log("waiting"); select {} }
`,
	"tagged/tag_test.go": `package tagged

import "testing"

func TestF(t *testing.T) { f(t) }
`,
	"tagged/one_test.go": `//go:build one

package tagged

import "testing"

func f(t *testing.T) {}
`,
	"tagged/other_test.go": `//go:build !one

package tagged

import "testing"

func f(t *testing.T) { t.Skip("only with one") }
`,
}

func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range module {
		write(t, filepath.Join(dir, name), text)
	}
	for _, tt := range []struct {
		name   string
		runs   [][]string // the arguments of each "go test -json"
		allow  string
		strict bool
		want   totals
		shown  []string
		hidden []string
	}{
		{"packages that pass have one line each",
			[][]string{{"./good", "./none"}}, "", true, totals{passed: 2},
			[]string{"ok    example.org/m/good"}, []string{"none", "---", "===", "PASS"}},
		{"a failure shows the output of that test only",
			[][]string{{"./bad"}}, "", false, totals{passed: 1, failed: 2},
			[]string{"bad_test.go:5: got 1, want 2", "FAIL\texample.org/m/bad", "failed: example.org/m/bad TestB/sub"},
			[]string{"chatter", "--- FAIL: TestB ("}},
		{"a package that does not compile is one failure, with the compiler's errors",
			[][]string{{"./build", "./good"}}, "", false, totals{passed: 2, failed: 1},
			[]string{"build_test.go:3", "FAIL\texample.org/m/build", "ok    example.org/m/good"}, nil},
		{"a panic is a failure of its test, with the stack",
			[][]string{{"./crash"}}, "", false, totals{failed: 1},
			[]string{"out of cheese", "crash_test.go:5", "failed: example.org/m/crash TestC"}, nil},
		{"a package that fails without a failed test is a failure",
			[][]string{{"./exit"}}, "", false, totals{passed: 1, failed: 1},
			[]string{"leaving", "FAIL\texample.org/m/exit"}, nil},
		{"a test that ran out of time is a failure",
			[][]string{{"-timeout=1s", "./stuck"}}, "", false, totals{failed: 1},
			[]string{"waiting", "test timed out", "failed: example.org/m/stuck TestE"}, nil},
		{"a skipped test is listed with its reason",
			[][]string{{"./skip"}}, "", false, totals{skipped: 1},
			[]string{"skipped: example.org/m/skip TestNoBrowser: skip_test.go:5: no browser here"}, nil},
		{"a skipped test is a failure with -strict",
			[][]string{{"./skip"}}, "", true, totals{failed: 1},
			[]string{"failed: example.org/m/skip TestNoBrowser was skipped, which is not allowed here: " +
				"skip_test.go:5: no browser here"}, nil},
		{"an allowed skip is not a failure",
			[][]string{{"./skip"}}, "# comment\n\nexample.org/m/skip TestNo.* it needs a browser\n", true,
			totals{skipped: 1},
			[]string{"skipped: example.org/m/skip TestNoBrowser"}, nil},
		{"an allowed name matches the whole name",
			[][]string{{"./skip"}}, "example.org/m/skip TestNo it needs a browser\n", true, totals{failed: 1},
			[]string{"not allowed"}, nil},
		{"an allowed test belongs to one package",
			[][]string{{"./skip"}}, "example.org/m/good TestNoBrowser it needs a browser\n", true, totals{failed: 1},
			[]string{"not allowed"}, nil},
		{"a test that is skipped in one run and passes in another has passed",
			[][]string{{"./tagged"}, {"-tags=one", "./tagged"}}, "", true, totals{passed: 1},
			nil, []string{"skipped"}},
		{"a missing package is a failure",
			[][]string{{"./missing"}}, "", false, totals{failed: 1},
			[]string{"missing"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var events bytes.Buffer
			for _, args := range tt.runs {
				events.Write(goTest(dir, args))
			}
			var allowed allowlist
			if tt.allow != "" {
				name := filepath.Join(t.TempDir(), "skips")
				write(t, name, tt.allow)
				var err error
				if allowed, err = readAllowlist(name); err != nil {
					t.Fatal(err)
				}
			}

			var out bytes.Buffer
			r := newReport(&out)
			if err := r.read(&events); err != nil {
				t.Fatal(err)
			}
			if got := r.finish(allowed, tt.strict); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			for _, s := range tt.shown {
				if !strings.Contains(out.String(), s) {
					t.Errorf("does not show %q", s)
				}
			}
			for _, s := range tt.hidden {
				if strings.Contains(out.String(), s) {
					t.Errorf("shows %q", s)
				}
			}
			if t.Failed() {
				t.Logf("the whole output:\n%s", out.String())
			}
		})
	}
}

func TestReportPassesOtherLinesThrough(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := newReport(&out)
	if err := r.read(strings.NewReader("== tests\n{not json}\nno newline")); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "== tests\n{not json}\nno newline"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllowlistFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"the reason is required", "# why\nexample.org/m TestA\n", ":2: want package, test and reason"},
		{"the name must be a regular expression", "example.org/m Test( because\n", ":1: error parsing regexp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "skips")
			write(t, name, tt.text)
			_, err := readAllowlist(name)
			if got := fmt.Sprint(err); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
		})
	}
}

// goTest runs the tests of the module in dir and returns the output, also if they fail.
func goTest(dir string, args []string) []byte {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, _ := cmd.CombinedOutput()
	return out
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
