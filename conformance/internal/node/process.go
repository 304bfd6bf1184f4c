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

// Process is a running script that answers calls. A call is a line on its standard input, the
// answer a line on its standard output, both JSON: [method, argument, ...] and {"value": ...} or
// {"error": "..."}. The methods may be called concurrently; the calls run one after the other.
type Process struct {
	PID int // the process ID of node

	mu      sync.Mutex
	in      io.WriteCloser
	out     *bufio.Reader
	failure *lockedBuffer
}

// Start installs the packages of a folder, as [Install] does, and runs a script in it, which ends
// with the test. environment has lines NAME=value, which are added to the environment of the test.
// Start ends the test if the script cannot be started.
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
		in.Close() // a script ends with its input
		hung := time.AfterFunc(time.Minute, func() { command.Process.Kill() })
		defer hung.Stop()
		if err := command.Wait(); err != nil {
			t.Errorf("node %s: %v\n%s", script, err, p.failure)
		}
	})
	return p
}

// Call runs a method of the script and decodes the value that it returns into a pointer, unless
// into is nil. It ends the test if the method fails.
func (p *Process) Call(t testing.TB, into any, method string, arguments ...any) {
	t.Helper()
	if failure := p.Try(t, into, method, arguments...); failure != "" {
		t.Fatalf("%s: %s", method, failure)
	}
}

// Try is Call for a method that may fail. It returns the message of the exception, or "" if there
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

// lockedBuffer is a buffer that the process writes to while a test reads it.
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
