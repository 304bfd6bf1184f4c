package original_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// BenchmarkSession measures GET session at @auth/core with its MikroORM adapter, and at Cardea. The
// two are processes that share one SQLite file, and the same clients send requests to each in turn.
//
// Each round gives ratios, and the benchmark reports their medians: of requests in the same time,
// of processor time for a request, and of the memory that the processes have at the end of a round.
// Resident memory counts the pages of the program files; private memory is what the process has
// allocated. One operation is one round at both.
func BenchmarkSession(b *testing.B) {
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		b.Run(string(strategy), func(b *testing.B) {
			theirs, ours := newMeasured(b, strategy)
			theirs.warmUp(b)
			ours.warmUp(b)
			var throughput, processor, resident, private []float64
			for b.Loop() {
				t, o := theirs.load(b), ours.load(b)
				throughput = append(throughput, o.requests/t.requests)
				processor = append(processor, t.processor/t.requests/(o.processor/o.requests))
				resident = append(resident, o.resident/t.resident)
				private = append(private, o.private/t.private)
			}
			b.ReportMetric(median(throughput), "throughput-ratio")
			b.ReportMetric(median(processor), "cpu-ratio")
			b.ReportMetric(median(resident), "resident-ratio")
			b.ReportMetric(median(private), "private-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

const (
	measuredSessions = 200
	measuredClients  = 8
	measuredTime     = 2 * time.Second
	warmUpRequests   = 3000 // so that V8 has compiled what runs often
)

// measured is a server in another process, and the session cookies of visitors who are signed in.
type measured struct {
	url     string
	pid     int
	cookies []string
}

func newMeasured(b *testing.B, strategy cardea.Strategy) (theirs, ours *measured) {
	b.Helper()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("there is no /proc, from which the memory of a process is read")
	}
	p := node.Start(b, "node", "server.mjs", "NODE_ENV=production")
	config := configuration{
		Generation: "v5", Secret: secret, Strategy: string(strategy),
		Database: filepath.Join(b.TempDir(), "bench.sqlite"),
	}
	var users, sessions []map[string]any
	theirs, ours = &measured{pid: p.PID}, &measured{}
	for i := range measuredSessions {
		id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i)
		user := map[string]any{
			"id": id, "name": fmt.Sprint("Visitor ", i), "email": fmt.Sprintf("visitor-%d@example.com", i),
		}
		token := "token-" + id
		users = append(users, user)
		sessions = append(sessions, map[string]any{
			"sessionToken": token, "userId": id, "expires": time.Now().Add(30*24*time.Hour - time.Minute),
		})
		if strategy == cardea.StrategyJWT {
			claims := map[string]any{"name": user["name"], "email": user["email"], "picture": nil, "sub": id}
			p.Call(b, &token, "encode", "v5",
				map[string]any{"token": claims, "secret": secret, "salt": "authjs.session-token"})
		}
		theirs.cookies = append(theirs.cookies, "authjs.session-token="+token)
	}
	p.Call(b, nil, "seed", config.Database, users, sessions)
	p.Call(b, &theirs.url, "start", "v5", config)
	ours.cookies = theirs.cookies
	ours.start(b, config)
	return theirs, ours
}

// start builds and starts the command site.
func (m *measured) start(b *testing.B, c configuration) {
	b.Helper()
	program := filepath.Join(b.TempDir(), "site")
	if out, err := exec.Command("go", "build", "-o", program, "./site").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	command := exec.Command(program, c.Strategy, c.Database, c.Secret)
	command.Env = append(os.Environ(), "GOGC=50") // less memory than by default, for more processor time
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	m.url, m.pid = strings.TrimSpace(line), command.Process.Pid
}

// round is the measurements of a server after measuredTime under full load.
type round struct {
	requests  float64
	processor float64 // clock ticks
	resident  float64 // kB
	private   float64 // kB
}

func (m *measured) warmUp(b *testing.B) {
	b.Helper()
	for sent := 0.0; sent < warmUpRequests && !b.Failed(); {
		sent += m.load(b).requests
	}
}

// load runs one round: all clients send requests, each one after the other, and check the answers.
func (m *measured) load(b *testing.B) round {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: measuredClients}
	defer transport.CloseIdleConnections()
	before, end := processorTime(b, m.pid), time.Now().Add(measuredTime)
	var requests atomic.Int64
	var clients sync.WaitGroup
	for c := range measuredClients {
		clients.Go(func() {
			for i := c; time.Now().Before(end); i += measuredClients {
				if err := m.session(transport, i%len(m.cookies)); err != nil {
					b.Error(err)
					return
				}
				requests.Add(1)
			}
		})
	}
	clients.Wait()
	return round{
		float64(requests.Load()), processorTime(b, m.pid) - before, memory(b, m.pid, "VmRSS:"),
		memory(b, m.pid, "RssAnon:"),
	}
}

func (m *measured) session(transport *http.Transport, visitor int) error {
	r, err := http.NewRequest(http.MethodGet, m.url+"/api/auth/session", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", m.cookies[visitor])
	res, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && !strings.Contains(string(body), fmt.Sprintf(`"visitor-%d@example.com"`, visitor)) {
		err = fmt.Errorf("GET session: %s %s", res.Status, body)
	}
	return err
}

// processorTime returns the processor time of a process so far, user and system together, in clock
// ticks (proc(5), fields 14 and 15).
func processorTime(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var user, system float64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return user + system
}

// memory returns the value of a line about a process's memory, in kB (proc_pid_status(5)).
func memory(b *testing.B, pid int, line string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), line)
	var size float64
	if _, err := fmt.Sscan(rest, &size); err != nil {
		b.Fatal(err)
	}
	return size
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
