package gormadapter_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// If the application has chosen no logger for GORM, the adapter's statements are not in GORM's
// colored lines on stdout, and a slow one is in the log of the program. It runs in a process of its
// own, because GORM's logger keeps the stdout with which the process began.
func TestNoColoredLines(t *testing.T) {
	t.Parallel()
	const isChild = "CARDEA_TEST_COLORED_LINES"
	if os.Getenv(isChild) != "" {
		failAndBeSlow(t)
		return
	}
	var stdout, stderr bytes.Buffer
	child := exec.Command(os.Args[0], "-test.run=^TestNoColoredLines$")
	child.Env = append(os.Environ(), isChild+"=1")
	child.Stdout, child.Stderr = &stdout, &stderr
	if err := child.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &stdout, &stderr)
	}
	if got := stdout.String(); got != "PASS\n" && !strings.HasPrefix(got, "PASS\ncoverage:") {
		t.Errorf("on stdout:\n%s", got)
	}
	inserts := 0
	for line := range strings.Lines(stderr.String()) { // on a busy machine other statements are slow too
		if !strings.Contains(line, `level=WARN msg="slow sql statement" sql=`) ||
			strings.Contains(line, "example.com") {
			t.Errorf("on stderr: %s", line)
		}
		if strings.Contains(line, "INSERT INTO `user`") {
			inserts++
		}
	}
	if inserts == 0 {
		t.Error("the slow INSERT is not in the log")
	}
}

// failAndBeSlow runs a statement that fails and one that takes long.
func failAndBeSlow(t *testing.T) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	db := openDB(t, gorm.Config{Logger: logger.Default})
	a, err := gormadapter.New(db)
	must(t, err)
	_, err = a.UserByID(t.Context(), "1")
	if err == nil || errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("without a table: %v", err)
	}
	must(t, a.Migrate(t.Context()))
	ann := &cardea.User{Email: "ann@example.com"}
	must(t, a.CreateUser(t.Context(), ann))
	err = a.CreateUser(t.Context(), &cardea.User{ID: ann.ID, Email: "bob@example.com"})
	if !errors.Is(err, cardea.ErrConflict) {
		t.Errorf("the same id twice: %v", err)
	}
	must(t, db.Callback().Create().Before("gorm:create").Register("slow", func(*gorm.DB) {
		time.Sleep(250 * time.Millisecond)
	}))
	must(t, a.CreateUser(t.Context(), &cardea.User{Email: "carl@example.com"}))
}
