package password_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/passwordhash"
)

// The benchmarks of this file have a server in a process of its own, and its clients in others.
const (
	processEnv  = "PASSWORD_PROCESS" // which process this is
	siteEnv     = "PASSWORD_SITE"    // the URL of the server, for a flood
	passwordEnv = "PASSWORD_TEXT"    // what a flood sends
)

// refusedPassword is a password that is never hashed: it is longer than passwordhash.MaxBytes.
var refusedPassword = strings.Repeat("x", passwordhash.MaxBytes+1)

// isOther runs what this process is there for, until the benchmark closes its standard input. It
// returns false in the benchmark itself.
func isOther(b *testing.B) bool {
	switch os.Getenv(processEnv) {
	case "server":
		site, bare := newServers(b)
		fmt.Println("ready", site, bare)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "flood":
		stop := startFlood(b, os.Getenv(siteEnv), os.Getenv(passwordEnv))
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	default:
		return false
	}
	return true
}

// newServers starts a site with a user, and a bare handler, and returns their URLs.
func newServers(b *testing.B) (site, bare string) {
	b.Helper()
	s := newLoadedSite(b, 0)
	s.user(b, ann, first)
	other := httptest.NewServer(http.HandlerFunc(bareHandler))
	b.Cleanup(other.Close)
	return s.URL, other.URL
}

// bareHandler answers like a site, and does nothing else: it reads the form of a flood.
func bareHandler(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"user":{"email":%q},"csrfToken":"0"}`, ann)
	}
}

// startProcess runs this program again as another process, until stop is called, and returns its id
// and what it says when it is ready.
func startProcess(b *testing.B, niceness int, env ...string) (pid int, said string, stop func()) {
	b.Helper()
	benchmark, _, _ := strings.Cut(b.Name(), "/")
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

// startFlood starts 200 passwords a second, each for another address, which wait for no answer,
// until stop is called. Its requests are written as they are, so that it takes little of the
// processors.
func startFlood(b *testing.B, site, text string) (stop func()) {
	b.Helper()
	cookie, csrf := csrfOf(b, &http.Client{Transport: &http.Transport{}}, site)
	host := strings.TrimPrefix(site, "http://")
	addresses := make(chan string)
	var wait sync.WaitGroup
	for range 64 { // more than wait for a hash at once
		conn, err := net.Dial("tcp", host)
		if err != nil {
			b.Fatal(err)
		}
		wait.Go(func() {
			defer conn.Close()
			answers := bufio.NewReader(conn)
			for address := range addresses {
				form := url.Values{"email": {address}, "password": {text}, "csrfToken": {csrf}}.Encode()
				fmt.Fprintf(conn, "POST /api/auth/callback/password HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n"+
					"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
					host, cookie, len(form), form)
				res, err := http.ReadResponse(answers, nil)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
				}
				if err != nil {
					b.Errorf("flood: %v", err)
				}
			}
		})
	}
	end := make(chan struct{})
	begun := make(chan struct{})
	go func() {
		defer close(addresses)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			if i == 50 {
				close(begun)
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
			addresses <- fmt.Sprintf("nobody%d@example.com", i)
		}
	}()
	<-begun
	return func() {
		close(end)
		wait.Wait()
	}
}

// BenchmarkSessionsDuringWrongPasswords compares checks of a session while nothing else happens
// with checks while 200 wrong passwords a second arrive. One check follows the other; the medians
// of turns of two seconds are reported.
//
// Two other floods say what so many requests cost without a hash. "refused" sends passwords that
// are refused before they are hashed. "bare" goes to a bare handler, as the checks do then.
//
// In one process, server and clients share what Go has. In three, Linux also shares the processors
// between them, in slices of a few milliseconds. The flood gives way to the others there.
//
// Checks without a pause use a processor by themselves. A visitor is slower: the last one checks
// every five milliseconds.
func BenchmarkSessionsDuringWrongPasswords(b *testing.B) {
	if isOther(b) {
		return
	}
	b.Run("in one process", func(b *testing.B) {
		site, bare := newServers(b)
		compareChecks(b, site, bare, 0, startFlood)
	})
	inThree := func(pause time.Duration) func(b *testing.B) {
		return func(b *testing.B) {
			_, said, stop := startProcess(b, 0, processEnv+"=server", "GOMAXPROCS=2")
			defer stop()
			site, bare, _ := strings.Cut(said, " ")
			compareChecks(b, site, bare, pause, func(b *testing.B, site, text string) (stop func()) {
				_, _, stop = startProcess(b, 19, processEnv+"=flood", siteEnv+"="+site, passwordEnv+"="+text)
				return stop
			})
		}
	}
	b.Run("in three processes", inThree(0))
	b.Run("in three processes, with pauses", inThree(5*time.Millisecond))
}

// compareChecks reports how long checks take during floods, compared with none. A pause follows
// each check.
func compareChecks(
	b *testing.B, site, bare string, pause time.Duration, flood func(b *testing.B, site, text string) (stop func()),
) {
	b.Helper()
	checkSite, checkBare := sessionCheck(b, site), sessionCheck(b, bare)
	turn := func(check func() time.Duration) (all []time.Duration) {
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
			all = append(all, check())
			time.Sleep(pause)
		}
		slices.Sort(all)
		return all
	}
	during := func(site, text string, check func() time.Duration) (all []time.Duration) {
		defer flood(b, site, text)()
		return turn(check)
	}
	ratios := map[string][]float64{}
	add := func(name string, quiet, loaded []time.Duration) {
		for p, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
			unit := p + name + "/quiet"
			ratios[unit] = append(ratios[unit], float64(percentile(loaded, at))/float64(percentile(quiet, at)))
		}
	}
	for b.Loop() {
		quiet := turn(checkSite)
		add("", quiet, during(site, "wrong", checkSite))
		add("-refused", quiet, during(site, refusedPassword, checkSite))
		add("-bare", turn(checkBare), during(bare, "wrong", checkBare))
	}
	for unit, all := range ratios {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], unit)
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

// percentile is that of sorted durations.
func percentile(all []time.Duration, at float64) time.Duration {
	return all[int(float64(len(all)-1)*at)]
}
