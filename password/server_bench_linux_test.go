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
		floodUntilTheEnd(b, os.Getenv(siteEnv))
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

// flood sends 200 wrong passwords a second, each for another address, without waiting for answers,
// until stop is closed. Begun is closed when it is under way.
func flood(b *testing.B, site string, begun chan<- struct{}, stop <-chan struct{}) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cookie, csrf := csrfOf(b, client, site)
	var wait sync.WaitGroup
	defer wait.Wait()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		if i == 50 {
			close(begun)
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

// floodUntilTheEnd is a process that floods until its standard input is closed.
func floodUntilTheEnd(b *testing.B, site string) {
	begun, stop := make(chan struct{}), make(chan struct{})
	go func() {
		<-begun
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	flood(b, site, begun, stop)
}

// BenchmarkSessionsDuringWrongPasswords compares checks of a session while nothing else happens
// with checks while 200 wrong passwords a second arrive, in turns of two seconds.
//
// In one process, server and clients share what Go has. In three, Linux also shares the processors
// between them, in slices of a few milliseconds, which is slower; the flood gives way to the server
// and to the checks wherever it needs the same processor.
//
// Checks without a pause use a processor by themselves. A visitor is slower: the last one checks
// every five milliseconds.
func BenchmarkSessionsDuringWrongPasswords(b *testing.B) {
	if isOther(b) {
		return
	}
	b.Run("in one process", func(b *testing.B) {
		s := newLoadedSite(b, 0)
		s.user(b, ann, first)
		compareChecks(b, s.URL, 0, func() (end func()) {
			begun, stop := make(chan struct{}), make(chan struct{})
			var wait sync.WaitGroup
			wait.Go(func() { flood(b, s.URL, begun, stop) })
			<-begun
			return func() {
				close(stop)
				wait.Wait()
			}
		})
	})
	inThree := func(pause time.Duration) func(b *testing.B) {
		return func(b *testing.B) {
			const benchmark = "BenchmarkSessionsDuringWrongPasswords"
			_, site, stop := startProcess(b, benchmark, 0, processEnv+"=server")
			defer stop()
			compareChecks(b, site, pause, func() (end func()) {
				_, _, end = startProcess(b, benchmark, 19, processEnv+"=flood", siteEnv+"="+site)
				return end
			})
		}
	}
	b.Run("in three processes", inThree(0))
	b.Run("in three processes, with pauses", inThree(5*time.Millisecond))
}

// compareChecks reports how long checks take during a flood, which begin starts, compared with no
// flood. A pause follows each check.
func compareChecks(b *testing.B, site string, pause time.Duration, begin func() (end func())) {
	check := sessionCheck(b, site)
	checkFor := func(turn time.Duration) (all []time.Duration) {
		for end := time.Now().Add(turn); time.Now().Before(end); {
			all = append(all, check())
			time.Sleep(pause)
		}
		return all
	}
	var quiet, loaded []time.Duration
	for b.Loop() {
		quiet = append(quiet, checkFor(2*time.Second)...)
		end := begin()
		loaded = append(loaded, checkFor(2*time.Second)...)
		end()
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
