package password_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The benchmarks of this file have a server in a process of its own, and its clients in others.
const (
	processEnv = "PASSWORD_PROCESS" // which process this is
	siteEnv    = "PASSWORD_SITE"    // the URL of the server, for a flood
)

// isOther runs what this process is there for, until the benchmark closes its standard input. It
// returns false in the benchmark itself.
func isOther(b *testing.B) bool {
	switch os.Getenv(processEnv) {
	case "server":
		s := newLoadedSite(b, 0)
		s.user(b, ann, first)
		fmt.Println("ready", s.URL)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "flood":
		flood(b, os.Getenv(siteEnv))
	default:
		return false
	}
	return true
}

// startProcess runs this program again as another process, until stop is called, and returns its id
// and what it says when it is ready.
func startProcess(b *testing.B, benchmark string, niceness int, env ...string) (pid int, said string, stop func()) {
	b.Helper()
	p := exec.CommandContext(b.Context(), "nice", "-n", fmt.Sprint(niceness), os.Args[0], "-test.run=^$",
		"-test.bench=^"+benchmark+"$", "-test.benchtime=1x")
	p.Env = append(os.Environ(), env...)
	in, err := p.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for isReady := false; !isReady && lines.Scan(); {
		_, said, isReady = strings.Cut(lines.Text(), "ready")
	}
	return p.Process.Pid, strings.TrimSpace(said), func() {
		in.Close()
		_ = p.Wait()
	}
}

// flood sends 200 wrong passwords a second, each for another address, without waiting for answers.
func flood(b *testing.B, site string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie, csrf := csrfOf(b, client, site)
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	var wait sync.WaitGroup
	defer wait.Wait()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		if i == 50 {
			fmt.Println("ready")
		}
		select {
		case <-stop:
			return
		case <-tick.C:
			wait.Go(func() {
				_, _ = postSignIn(client, site, cookie, csrf, fmt.Sprintf("nobody%d@example.com", i), "wrong")
			})
		}
	}
}

// BenchmarkSessionsDuringWrongPasswords compares checks of a session while nothing else happens
// with checks while 200 wrong passwords a second arrive, in turns of two seconds. The flood gives
// way to the server and to the checks wherever it needs the same processor.
func BenchmarkSessionsDuringWrongPasswords(b *testing.B) {
	if isOther(b) {
		return
	}
	const benchmark = "BenchmarkSessionsDuringWrongPasswords"
	_, site, stop := startProcess(b, benchmark, 0, processEnv+"=server")
	defer stop()
	check := sessionCheck(b, site)
	var quiet, loaded []time.Duration
	const turn = 2 * time.Second
	for b.Loop() {
		for end := time.Now().Add(turn); time.Now().Before(end); {
			quiet = append(quiet, check())
		}
		_, _, stop := startProcess(b, benchmark, 19, processEnv+"=flood", siteEnv+"="+site)
		for end := time.Now().Add(turn); time.Now().Before(end); {
			loaded = append(loaded, check())
		}
		stop()
	}
	for name, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		b.ReportMetric(float64(percentile(loaded, at))/float64(percentile(quiet, at)), name+"/quiet")
	}
}

// sessionCheck signs in, and returns a function that checks the session and says how long it took.
func sessionCheck(b *testing.B, site string) func() time.Duration {
	client := &http.Client{Transport: &http.Transport{}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie, csrf := csrfOf(b, client, site)
	res, err := postSignIn(client, site, cookie, csrf, ann, first)
	if err != nil {
		b.Fatal(err)
	}
	session := ""
	for _, c := range res.Cookies() {
		session += c.Name + "=" + c.Value + "; "
	}
	return func() time.Duration {
		req, err := http.NewRequest(http.MethodGet, site+"/api/auth/session", nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Cookie", session)
		begin := time.Now()
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		took := time.Since(begin)
		if err != nil || !strings.Contains(string(body), ann) {
			b.Fatalf("no session: %s, %v", body, err)
		}
		return took
	}
}

func percentile(all []time.Duration, at float64) time.Duration {
	slices.Sort(all)
	return all[int(float64(len(all)-1)*at)]
}
