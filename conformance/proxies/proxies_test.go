// Package proxies runs the reverse proxies of docs/deploying.md, configured as the page says, in
// front of a site, and checks what the page says to Kubernetes and Docker.
package proxies

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

func TestNginx(t *testing.T) {
	t.Parallel()
	program := find(t, "nginx")
	t.Run("at the edge", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		folder := startNginx(t, program, s)
		s.check(t)
		log, err := os.ReadFile(filepath.Join(folder, "access.log"))
		if err != nil {
			t.Fatal(err)
		}
		checkAccessLog(t, string(log))
	})
	two := func(t *testing.T) *site {
		t.Parallel()
		s := newSite(t)
		startNginx(t, program, s, "proxy_pass http://"+s.behind+";",
			"proxy_pass http://app; proxy_connect_timeout 2s;")
		return s
	}
	t.Run("one instance ends", func(t *testing.T) { two(t).checkOneEnds(t) })
	t.Run("an instance dies with a form", func(t *testing.T) { two(t).checkFormSentOnce(t) })
	t.Run("behind another proxy", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		startNginx(t, program, s)
		s.checkBehind(t)
	})
}

// startNginx starts nginx with the blocks of the page, in which pairs of texts are replaced, and
// returns the folder of its files.
func startNginx(t *testing.T, program string, s *site, pairs ...string) string {
	t.Helper()
	folder := t.TempDir()
	writeCertificate(t, folder)
	blocks := blocksOf(t, "nginx", "nginx")
	config := replace(t, strings.Join(blocks, "\n"),
		"listen 443 ssl", "listen "+s.https+" ssl",
		"listen 80", "listen "+s.http,
		"# ssl_certificate and ssl_certificate_key", "ssl_certificate cert.pem; ssl_certificate_key key.pem;",
		"127.0.0.1:8080", s.behind,
		"127.0.0.1:8081", s.second.Listener.Addr().String(),
		"/var/log/nginx/access.log", "access.log")
	config = replace(t, config, pairs...)
	file := filepath.Join(folder, "nginx.conf")
	write(t, file, "pid nginx.pid; error_log stderr; daemon off; master_process off;\nevents {}\nhttp {\n"+
		"client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n"+
		"scgi_temp_path scgi;\n"+config+"}\n")
	start(t, exec.Command(program, "-p", folder, "-c", file, "-e", "stderr"), s)
	return folder
}

func TestCaddy(t *testing.T) {
	t.Parallel()
	program := find(t, "caddy")
	t.Run("at the edge", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		startCaddy(t, program, s, blocksOf(t, "Caddy", "caddyfile")[:1])
		s.check(t)
	})
	two := func(t *testing.T, interval string) *site {
		t.Parallel()
		s := newSite(t)
		startCaddy(t, program, s, blocksOf(t, "Caddy", "caddyfile")[1:],
			"127.0.0.1:8081", s.second.Listener.Addr().String(), "health_interval 5s", "health_interval "+interval)
		return s
	}
	t.Run("two instances", func(t *testing.T) {
		s := two(t, "100ms")
		s.check(t)
		s.checkHealth(t)
	})
	t.Run("one instance ends", func(t *testing.T) {
		s := two(t, "1h")
		s.second.Close()
		client := &http.Client{Transport: s.sender(t, visitor, nil)}
		for range 20 { // of which each begins at either instance
			res, err := client.Get(origin + "/api/auth/session")
			if err != nil {
				t.Fatal(err)
			}
			if res.Body.Close(); res.StatusCode != http.StatusOK {
				t.Fatal(res.Status)
			}
		}
	})
	t.Run("an instance dies with a form", func(t *testing.T) { two(t, "1h").checkFormSentOnce(t) })
	t.Run("behind another proxy", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		startCaddy(t, program, s, blocksOf(t, inFront, "caddyfile"), "192.0.2.0/24", other+"/32")
		s.checkBehind(t)
	})
}

// startCaddy starts Caddy with blocks of the page, in which pairs of texts are replaced.
func startCaddy(t *testing.T, program string, s *site, blocks []string, pairs ...string) {
	t.Helper()
	folder := t.TempDir()
	config := replace(t, strings.Join(blocks, "\n"), append(pairs, "127.0.0.1:8080", s.behind)...)
	file := filepath.Join(folder, "Caddyfile")
	write(t, file, "{\nadmin off\nlocal_certs\nskip_install_trust\ndefault_bind "+s.ip+
		"\nhttp_port 18080\nhttps_port 18443\n}\n"+config)
	cmd := exec.Command(program, "run", "--config", file)
	cmd.Env = append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	start(t, cmd, s)
}

// inFront is the heading of what the page says about proxies in front of one's own.
const inFront = "Cloudflare, Azure and others in front"

// check signs Ann in through the proxy. The site is the one that browsers see, its log has the
// address of the visitor, whatever header the visitor sends, and http leads to https.
func (s *site) check(t *testing.T) {
	t.Helper()
	s.signIn(t, s.sender(t, visitor, http.Header{"X-Forwarded-For": {madeUp}}))
	client := &http.Client{
		Transport:     s.sender(t, visitor, nil),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Get("http://" + host + "/api/auth/signin?a=b")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); to != origin+"/api/auth/signin?a=b" {
		t.Errorf("http leads to %q with %s", to, res.Status)
	}
}

// checkOneEnds signs Ann in after one of two instances has ended.
func (s *site) checkOneEnds(t *testing.T) {
	t.Helper()
	s.second.Close()
	s.signIn(t, s.sender(t, visitor, nil))
}

// checkFormSentOnce checks that no instance gets a form that another one has.
func (s *site) checkFormSentOnce(t *testing.T) {
	t.Helper()
	client := &http.Client{Transport: s.sender(t, visitor, nil)}
	res, err := client.PostForm(origin+"/dies", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if n := s.died.Load(); n != 1 || res.StatusCode != http.StatusBadGateway {
		t.Errorf("the form was sent to %d instances, and the answer is %s", n, res.Status)
	}
}

// checkBehind signs Ann in through another proxy and the proxy. The other one adds the visitor's
// address behind what the visitor has sent, in a header of its own or in the same one.
func (s *site) checkBehind(t *testing.T) {
	t.Helper()
	for _, list := range [][]string{{madeUp + ", " + visitor}, {madeUp, visitor}} {
		s.signIn(t, s.sender(t, other, http.Header{
			"X-Forwarded-For": list, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {host},
		}))
	}
}

// signIn signs Ann in. The log must have the address of the visitor, and no warning.
func (s *site) signIn(t *testing.T, transport http.RoundTripper) {
	t.Helper()
	b := cardeatest.NewBrowser(t, origin)
	b.Transport = transport
	b.SignIn("idp", "1001")
	if name := b.Session()["user"].(map[string]any)["name"]; name != "Ann Example" {
		t.Errorf("signed in as %v", name)
	}
	if !strings.Contains(s.log.String(), "signed in") {
		t.Error("the log has no sign-in")
	}
	for _, line := range s.lines() {
		if strings.Contains(line, "signed in") && !strings.Contains(line, "remote="+visitor) {
			t.Errorf("the log takes somebody else for the visitor: %s", line)
		}
		if strings.Contains(line, "ignored") || strings.Contains(line, "level=ERROR") {
			t.Error(line)
		}
	}
}

// checkAccessLog checks that the access log of a proxy has the callback of a sign-in, but not its
// query.
func checkAccessLog(t *testing.T, log string) {
	t.Helper()
	if !strings.Contains(log, "GET /api/auth/callback/idp") || strings.Contains(log, "state=") {
		t.Errorf("the access log has queries, or nothing:\n%s", log)
	}
}

// sender connects to the proxy from an address of this machine, and adds a header to each request.
func (s *site) sender(t *testing.T, from string, header http.Header) http.RoundTripper {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the certificate of a test
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			switch address {
			case host + ":443":
				return dialer.DialContext(ctx, "tcp", s.https)
			case host + ":80":
				return dialer.DialContext(ctx, "tcp", s.http)
			}
			return new(net.Dialer).DialContext(ctx, network, address) // the identity provider
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		for name, values := range header {
			r.Header[name] = values
		}
		return transport.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// find returns the path of a program, also where Debian puts servers.
func find(t *testing.T, program string) string {
	t.Helper()
	for _, name := range []string{program, "/usr/sbin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed; this test runs its configuration in docs/deploying.md", program)
	return ""
}

// start starts a proxy, which ends with the test, and waits until it takes connections. It returns
// what the proxy prints.
func start(t *testing.T, cmd *exec.Cmd, s *site) *lockedBuffer {
	t.Helper()
	output := new(lockedBuffer)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	config := &tls.Config{InsecureSkipVerify: true, ServerName: host} // the certificate of a test
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if c, err := tls.Dial("tcp", s.https, config); err == nil {
			c.Close()
			return output
		}
		select {
		case err := <-ended:
			t.Fatalf("%s has ended: %v\n%s", cmd.Path, err, output.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("%s takes no connections\n%s", cmd.Path, output.String())
	return nil
}

// section returns the part of docs/deploying.md below a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(page), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/deploying.md has no heading %q", heading)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	return part
}

// blocksOf returns the code of docs/deploying.md in a language, below a heading.
func blocksOf(t *testing.T, heading, language string) (blocks []string) {
	t.Helper()
	part := section(t, heading)
	for {
		_, rest, ok := strings.Cut(part, "```"+language+"\n")
		if !ok {
			break
		}
		var block string
		block, part, _ = strings.Cut(rest, "```")
		blocks = append(blocks, block)
	}
	if len(blocks) == 0 {
		t.Fatalf("docs/deploying.md has no configuration of %s", heading)
	}
	return blocks
}

// replace replaces what a test needs otherwise. Each of the old texts must be there.
func replace(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the configuration has no %q:\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeCertificate writes a certificate that signs itself, and its key.
func writeCertificate(t *testing.T, folder string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		write(t, filepath.Join(folder, file), string(pem.EncodeToMemory(block)))
	}
}
