package password_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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
	if os.Getenv("PASSWORD_SERVER") != "" {
		s := newLoadedSite(b, 0)
		fmt.Printf("serves %s\n", s.URL)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the other process closes it
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
	server := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkServerMemory$",
		"-test.benchtime=1x")
	server.Env = append(os.Environ(), "PASSWORD_SERVER=1", "GOMAXPROCS=2")
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer server.Wait()
	defer in.Close()
	site := ""
	for lines := bufio.NewScanner(out); site == "" && lines.Scan(); {
		_, site, _ = strings.Cut(lines.Text(), "serves ")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie, csrf := csrfOf(b, client, site)
	idle := peakOf(b, server.Process.Pid)
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
	return float64(peakOf(b, server.Process.Pid)-idle) / 1024, checked.Load()
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
