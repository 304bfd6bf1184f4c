package passwordhash_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea/passwordhash"
)

// GO-2026-4584, keycloak#28477: whoever sends many wrong passwords must not take all memory. It is
// measured in a process of its own, on two processors.
//
// With the race detector there is nothing to measure. scripts/test runs all tests without it, too.
func TestMemoryOfManyWrongPasswords(t *testing.T) {
	if raceDetector {
		t.Skip("the memory of the race detector would count")
	}
	if os.Getenv("PASSWORDHASH_FLOOD") != "" {
		flood(t)
		return
	}
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryOfManyWrongPasswords$")
	program.Env = append(os.Environ(), "PASSWORDHASH_FLOOD=1", "GOMAXPROCS=2")
	out, err := program.CombinedOutput()
	found := regexp.MustCompile(`took (\d+) kB more`).FindSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("%v: %s", err, out)
	}
	kB, err := strconv.Atoi(string(found[1]))
	if err != nil || kB > 64<<10 || kB < 12<<10 {
		t.Errorf("%s", out)
	}
}

// flood checks 1,000 wrong passwords at once, and again until 40 of them were hashed. It prints how
// much the peak of the memory has grown.
func flood(t *testing.T) {
	h := newHasher(t, passwordhash.Options{})
	before := peak(t)
	var hashed atomic.Int32
	for hashed.Load() < 40 {
		var wait sync.WaitGroup
		for i := range 1000 {
			wait.Go(func() {
				ok, err := h.Verify(t.Context(), "", strconv.Itoa(i))
				if ok || err != nil && !errors.Is(err, passwordhash.ErrBusy) {
					t.Errorf("got %v, %v", ok, err)
				}
				if err == nil {
					hashed.Add(1)
				}
			})
		}
		wait.Wait()
	}
	fmt.Printf("%d hashes took %d kB more\n", hashed.Load(), peak(t)-before)
}

// peak returns the most memory that this process has had, in kB.
func peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	kB, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kB
}
