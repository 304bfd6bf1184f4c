package proxies

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestTraefik runs Traefik with the command of compose.yaml on the page. Traefik reads the labels
// of the application from an API of Docker, as it does in production.
func TestTraefik(t *testing.T) {
	t.Parallel()
	program := find(t, "traefik")
	t.Run("at the edge", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		output := startTraefik(t, program, s, "healthcheck.interval=100ms", s.behind)
		s.check(t)
		checkAccessLog(t, output.String())
		s.checkHealth(t)
	})
	t.Run("behind another proxy", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		option := strings.Join(blocksOf(t, inFront, "text"), "")
		startTraefik(t, program, s, "healthcheck.interval=1h", s.behind,
			strings.TrimSpace(replace(t, option, "192.0.2.0/24", other+"/32")))
		s.checkBehind(t)
	})
	t.Run("one instance ends", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		second := s.second.Listener.Addr().String()
		startTraefik(t, program, s, "healthcheck.interval=1h", s.behind+" "+second)
		s.checkOneEnds(t)
	})
}

// startTraefik starts Traefik in front of instances, whose addresses have spaces between them, and
// waits until it has read their labels. The health check has another interval than on the page.
func startTraefik(t *testing.T, program string, s *site, interval, instances string,
	options ...string,
) *lockedBuffer {
	t.Helper()
	compose := readCompose(t)
	folder := t.TempDir()
	args := replace(t, strings.Join(compose.Services["traefik"].Command, "\n"),
		"web.address=:80", "web.address="+s.http,
		"entrypoint.to=websecure", "entrypoint.to=:443", // the port that browsers see is not the test's
		"websecure.address=:443", "websecure.address="+s.https,
		"/letsencrypt/acme.json", filepath.Join(folder, "acme.json"))
	var containers []container
	for _, address := range strings.Fields(instances) {
		_, port, _ := strings.Cut(address, ":")
		labels := replace(t, strings.Join(compose.Services["app"].Labels, "\n"),
			"server.port=8080", "server.port="+port,
			"healthcheck.interval=5s", interval)
		containers = append(containers, newContainer(labels))
	}
	cmd := exec.Command(program, append(strings.Split(args, "\n"), options...)...)
	cmd.Args = append(cmd.Args, "--log.level=INFO",
		"--providers.docker.endpoint="+newDocker(t, containers),
		"--certificatesresolvers.letsencrypt.acme.caserver=https://127.0.0.1:1") // nobody: no request leaves
	cmd.Dir = folder
	output := start(t, cmd, s)
	s.await(t, http.StatusOK)
	return output
}

// checkHealth checks that visitors get an answer of Traefik while the database is away.
func (s *site) checkHealth(t *testing.T) {
	t.Helper()
	s.away.Store(true)
	s.await(t, http.StatusServiceUnavailable)
	s.away.Store(false)
	s.await(t, http.StatusOK)
}

// await waits until the site answers through the proxy with a status.
func (s *site) await(t *testing.T, want int) {
	t.Helper()
	client := &http.Client{Transport: s.sender(t, visitor, nil)}
	have := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		res, err := client.Get(origin + "/api/auth/providers") // asks no database
		if err != nil {
			have = err.Error()
			continue
		}
		res.Body.Close()
		if res.StatusCode == want {
			return
		}
		have = res.Status
	}
	t.Fatalf("the site answers %s, want %d", have, want)
}

// compose is what a test needs of a file of Docker Compose.
type compose struct {
	Services map[string]struct {
		Command, Labels, Environment []string
		Networks                     map[string]struct {
			Address string `yaml:"ipv4_address"`
		}
	}
}

func readCompose(t *testing.T) (c compose) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(strings.Join(blocksOf(t, "Traefik", "yaml"), "\n")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrustedAddressOfTraefik checks that the application trusts the address that Traefik gets.
func TestTrustedAddressOfTraefik(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	want := "TRUSTED_PROXY=" + c.Services["traefik"].Networks["default"].Address + "/32"
	if have := c.Services["app"].Environment; !slices.Contains(have, want) {
		t.Errorf("the environment of the application has no %s: %v", want, have)
	}
}

// container is what Traefik learns from Docker about a container.
type container struct {
	ID              string `json:"Id"`
	Name            string
	State           struct{ Status string }
	Config          struct{ Labels map[string]string }
	NetworkSettings struct{ Networks map[string]map[string]string }
}

// newContainer returns a container of the application, which listens on the loopback interface,
// with one label a line.
func newContainer(lines string) (c container) {
	c.ID = rand.Text()
	c.Name = "/" + c.ID
	c.State.Status = "running"
	c.Config.Labels = map[string]string{}
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, _ := strings.Cut(line, "=")
		c.Config.Labels[name] = value
	}
	c.NetworkSettings.Networks = map[string]map[string]string{"default": {"IPAddress": "127.0.0.1"}}
	return c
}

// newDocker starts an API of Docker with containers, and returns its address. It answers what
// Traefik asks, as Docker Engine 25 and later do.
func newDocker(t *testing.T, containers []container) string {
	t.Helper()
	const version = "1.44"
	engine := map[string]any{"Version": "25.0.0", "ApiVersion": version, "MinAPIVersion": "1.24"}
	var list []map[string]string
	answers := map[string]any{"/version": engine}
	for _, c := range containers {
		list = append(list, map[string]string{"Id": c.ID})
		answers["/containers/"+c.ID+"/json"] = c
	}
	answers["/containers/json"] = list
	prefix := regexp.MustCompile(`^/v[0-9.]+`)
	ended, end := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", version)
		switch path := prefix.ReplaceAllString(r.URL.Path, ""); {
		case path == "/_ping":
		case path == "/events": // nothing happens
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-ended.Done():
			}
		case answers[path] != nil:
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(answers[path])
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(func() { end(); server.Close() })
	return "tcp://" + server.Listener.Addr().(*net.TCPAddr).String()
}
