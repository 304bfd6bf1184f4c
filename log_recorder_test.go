package cardea_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// logRecorder keeps everything that is logged at level debug or above, as JSON.
type logRecorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logRecorder) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
}

func (l *logRecorder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logRecorder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// records returns the records with a message, oldest first.
func (l *logRecorder) records(t testing.TB, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}

// checkFailure checks that the last failure in the log has a code, and a cause that contains text.
func (l *logRecorder) checkFailure(t testing.TB, code, text string) {
	t.Helper()
	failures := l.records(t, "cardea: request failed")
	if len(failures) == 0 {
		t.Error("no failure is logged")
		return
	}
	last := failures[len(failures)-1]
	cause, _ := last["cause"].(string)
	if last["code"] != code || !strings.Contains(cause, text) {
		t.Errorf("logged: code %v, cause %q; want code %s, cause with %q", last["code"], cause, code, text)
	}
}
