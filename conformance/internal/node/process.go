package node

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// Process is a running script that answers calls: a line [method, argument, ...] on its standard
// input with a line on its standard output, {"value": ...} or {"error": "..."}, all as JSON. Its
// methods may be called concurrently; the calls run one after the other.
type Process struct {
	PID int

	mu      sync.Mutex
	in      io.WriteCloser
	out     *bufio.Reader
	failure *lockedBuffer
}

// Start installs the packages of a folder and runs a script in it, which ends with the test.
// environment is added to that of the test.
func Start(t testing.TB, folder, script string, environment ...string) *Process {
	t.Helper()
	Install(t, folder)
	command := exec.Command("node", script)
	command.Dir, command.Env = folder, append(os.Environ(), environment...)
	p := &Process{failure: &lockedBuffer{}}
	command.Stderr = p.failure
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p.PID, p.in, p.out = command.Process.Pid, in, bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close() // at the end of its input a script ends
		hung := time.AfterFunc(time.Minute, func() { command.Process.Kill() })
		defer hung.Stop()
		if err := command.Wait(); err != nil {
			t.Errorf("node %s: %v\n%s", script, err, p.failure)
		}
	})
	return p
}

// Call has the script run a method, and reads what it returned into a pointer, or nowhere. It ends
// the test when the method fails.
func (p *Process) Call(t testing.TB, into any, method string, arguments ...any) {
	t.Helper()
	if failure := p.Try(t, into, method, arguments...); failure != "" {
		t.Fatalf("%s: %s", method, failure)
	}
}

// Try is Call for a method that may fail: it returns the message of the exception, "" when there
// was none.
func (p *Process) Try(t testing.TB, into any, method string, arguments ...any) string {
	t.Helper()
	line, err := json.Marshal(append([]any{method}, arguments...))
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		t.Fatalf("%s: %v\n%s", method, err, p.failure)
	}
	answer, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s: %v\n%s", method, err, p.failure)
	}
	var result struct {
		Value json.RawMessage
		Error string
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		t.Fatalf("%s: %v in %s", method, err, answer)
	}
	if result.Error == "" && into != nil {
		if err := json.Unmarshal(result.Value, into); err != nil {
			t.Fatalf("%s: %v in %s", method, err, result.Value)
		}
	}
	return result.Error
}

// lockedBuffer is written by the process while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
