package cardea_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// logbook keeps everything that is logged, at the level debug, as JSON.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// records returns the records with that message, oldest first.
func (l *logbook) records(t testing.TB, message string) []map[string]any {
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

// checkFailure checks that the last failure in the log has that code and names that cause.
func (l *logbook) checkFailure(t testing.TB, code, cause string) {
	t.Helper()
	failures := l.records(t, "cardea: request failed")
	if len(failures) == 0 {
		t.Error("no failure in the log")
		return
	}
	last := failures[len(failures)-1]
	gotCause, _ := last["cause"].(string)
	if last["code"] != code || !strings.Contains(gotCause, cause) {
		t.Errorf("the log says %v: %v; want %s: … %s …", last["code"], gotCause, code, cause)
	}
}
