package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/language"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	bin := build(t)
	const usage = `Usage: cardea <command>\n\n  secret .*\n  bench-hash .*\n  texts .*\n  version .*\n  help .*\n`
	for _, tt := range []struct {
		name   string
		args   []string
		code   int
		stdout string // a regular expression for the whole text, as stderr is
		stderr string
	}{
		{"secret prints 32 bytes as base64url and nothing else", []string{"secret"}, 0, `[A-Za-z0-9_-]{43}\n`, ``},
		{"version prints the versions of cardea and of Go", []string{"version"}, 0, `cardea \S+ go1\.\S+\n`, ``},
		{"help lists the commands", []string{"help"}, 0, usage, ``},
		{"--help lists the commands too", []string{"--help"}, 0, usage, ``},
		{"a missing command is an error", nil, 2, ``, `cardea: a command is missing\n\n` + usage},
		{"an unknown command is an error", []string{"frobnicate"}, 2, ``,
			`cardea: unknown command "frobnicate"\n\n` + usage},
		{"an unknown flag is an error", []string{"-x"}, 2, ``, `cardea: unknown command "-x"\n\n` + usage},
		{"secret with an argument is an error", []string{"secret", "64"}, 2, ``,
			`cardea: secret takes no arguments, got 1\n\n` + usage},
		{"bench-hash prints a table and a recommendation", []string{"bench-hash"}, 0,
			` +memory +passes .*\n( +\d+ MiB +\d+ +\d+\.\d ms +\d+ +\d+ MiB *\n){7}\n` +
				`(The most expensive|All) .*:\npasswordhash\.Argon2id\{Memory: \d+, Time: \d, Threads: 1\}\n`, ``},
		{"bench-hash with an argument is an error", []string{"bench-hash", "all"}, 2, ``,
			`cardea: bench-hash takes no arguments, got 1\n\n` + usage},
		{"texts with a language that is not built in is an error", []string{"texts", "it"}, 2, ``,
			`cardea: there are no texts in "it"; built in are en, de, fr, es, pt-BR, ja, zh-Hans\n\n` + usage},
		{"texts with two languages is an error", []string{"texts", "de", "fr"}, 2, ``,
			`cardea: texts takes one language, got 2 arguments\n\n` + usage},
		{"version with an argument is an error", []string{"version", "1"}, 2, ``,
			`cardea: version takes no arguments, got 1\n\n` + usage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := call(t, bin, tt.args...)
			if code != tt.code {
				t.Errorf("exit code: got %d, want %d", code, tt.code)
			}
			if !regexp.MustCompile(`^` + tt.stdout + `$`).MatchString(stdout) {
				t.Errorf("stdout: got %q, want %s", stdout, tt.stdout)
			}
			if !regexp.MustCompile(`^` + tt.stderr + `$`).MatchString(stderr) {
				t.Errorf("stderr: got %q, want %s", stderr, tt.stderr)
			}
		})
	}

	for tag, args := range map[string][]string{"en": {"texts"}, "ja": {"texts", "ja"}} {
		t.Run("texts in "+tag, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := call(t, bin, args...)
			var got map[string]string
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || stderr != "" {
				t.Fatalf("exit code %d, stderr %q, %v in\n%s", code, stderr, err, stdout)
			}
			if !maps.Equal(got, language.BuiltIn(tag)) {
				t.Errorf("the texts are not those of %s:\n%s", tag, stdout)
			}
			if lines := strings.Count(stdout, "\n"); lines != len(got)+2 || strings.Contains(stdout, `\u00`) {
				t.Errorf("%d lines for %d texts, or characters that nobody can read:\n%s", lines, len(got), stdout)
			}
		})
	}

	t.Run("two secrets differ", func(t *testing.T) {
		t.Parallel()
		first, _, _ := call(t, bin, "secret")
		second, _, _ := call(t, bin, "secret")
		if first == second {
			t.Errorf("got %q twice", first)
		}
	})

	t.Run("a secret that cannot be written is a failure", func(t *testing.T) {
		t.Parallel()
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skipf("no /dev/full on %s", runtime.GOOS)
		}
		defer full.Close()
		cmd := exec.Command(bin, "secret")
		cmd.Stdout = full
		if got := exitCode(t, cmd.Run()); got != 1 {
			t.Errorf("exit code: got %d, want 1", got)
		}
	})
}

func build(t *testing.T) string {
	t.Helper()
	// Windows needs the extension, and other systems ignore it.
	bin := filepath.Join(t.TempDir(), "cardea.exe")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func call(t *testing.T, bin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var outBuf, errBuf bytes.Buffer
	cmd := exec.Command(bin, args...)
	cmd.Stdout, cmd.Stderr = &outBuf, &errBuf
	code = exitCode(t, cmd.Run())
	return outBuf.String(), errBuf.String(), code
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}
