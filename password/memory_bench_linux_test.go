package password_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkServerMemory measures how much more memory a server process takes while 1,000 wrong
// passwords arrive at once, each over a connection of its own. The server is a process of its own,
// on two processors; the peak of its resident memory counts.
func BenchmarkServerMemory(b *testing.B) {
	if isOther(b) {
		return
	}
	for b.Loop() {
		more, hashed := floodOfServer(b)
		b.ReportMetric(more, "MiB-more")
		b.ReportMetric(float64(hashed), "hashed")
	}
}

// floodOfServer starts a server, floods it, and returns by how many MiB its peak has grown, and how
// many passwords it has checked.
func floodOfServer(b *testing.B) (more float64, hashed int32) {
	b.Helper()
	pid, said, stop := startProcess(b, 0, processEnv+"=server", "GOMAXPROCS=2")
	defer stop()
	site, _, _ := strings.Cut(said, " ")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie, csrf := csrfOf(b, client, site)
	idle := peakOf(b, pid)
	var checked atomic.Int32
	var wait sync.WaitGroup
	for i := range 1000 {
		wait.Go(func() {
			res, err := postSignIn(client, site, cookie, csrf, fmt.Sprintf("nobody%d@example.com", i), "wrong")
			if err == nil && res.StatusCode != http.StatusServiceUnavailable {
				checked.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(peakOf(b, pid)-idle) / 1024, checked.Load()
}

// peakOf returns the peak of the resident memory of a process, in kB.
func peakOf(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	kB, err := strconv.Atoi(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(status))[1])
	if err != nil {
		b.Fatal(err)
	}
	return kB
}
