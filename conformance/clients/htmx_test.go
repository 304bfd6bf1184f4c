package clients

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// TestPagesWithHTMX runs the pages of the examples that htmx drives in a browser, with a strict
// Content-Security-Policy and with both versions of htmx that are in use (docs/pages.md).
func TestPagesWithHTMX(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an example and starts a browser")
	}
	t.Parallel()
	example, browser := buildExample(t, "pages"), startChromium(t)
	for version, folder := range map[string]string{
		"4": filepath.Join("..", "..", "examples", "pages", "web"), "2": filepath.Join("testdata", "htmx2"),
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			node.Install(t, folder)
			script, err := filepath.Abs(filepath.Join(folder, "node_modules", "htmx.org", "dist", "htmx.min.js"))
			if err != nil {
				t.Fatal(err)
			}
			site := startExample(t, example, "-htmx", script)
			w := browser.newProfile(t).open(t, site.url+"/account")
			w.waitUntil(t, fmt.Sprintf("htmx.version.startsWith(%q)", version+"."))
			w.checkPassword(t, site.url)
			w.checkLinking(t, site.url)
			w.checkEndedSession(t, site.url)
			w.checkMail(t, site)
			w.checkTexts(t, site.url)
		})
	}
}

const signInForm = "form[action$='/callback/credentials'] "

// checkPassword signs in with a form of the site's own: wrongly first.
func (w *tab) checkPassword(t *testing.T, site string) {
	t.Helper()
	w.waitForPage(t, site+"/signin?callbackUrl=", signInForm)
	w.signInAsAnn(t, "wrong")
	w.waitForPage(t, site+"/signin?", "p[role=alert]")
	w.wantJSON(t, "document.querySelector('p').innerText", `"The name, the address or the password is not right."`)
	w.signInAsAnn(t, "open sesame")
	w.waitForPage(t, site+"/account", "#accounts")
	w.waitForHeading(t, "Ann")
	w.checkConsole(t)
}

func (w *tab) signInAsAnn(t *testing.T, password string) {
	t.Helper()
	w.write(t, signInForm+"[name=name]", "ann")
	w.write(t, signInForm+"[name=password]", password)
	w.click(t, signInForm+"button")
}

// checkLinking links an account, and unlinks it without leaving the page.
func (w *tab) checkLinking(t *testing.T, site string) {
	t.Helper()
	w.link(t, site)
	w.eval(t, "window.stays = true", nil)
	w.click(t, "#accounts li button")
	w.waitUntil(t, "document.querySelector('#accounts') && !document.querySelector('#accounts li')")
	w.wantJSON(t, "window.stays", "true")
	w.checkConsole(t)
}

// checkEndedSession leaves the session while the page is open: its forms and buttons lead to the
// sign-in page, and from there back.
func (w *tab) checkEndedSession(t *testing.T, site string) {
	t.Helper()
	w.goTo(t, site+"/account")
	w.link(t, site)
	w.eval(t, `(async () => {
		const csrf = await (await fetch("/api/auth/csrf")).json()
		const res = await fetch("/api/auth/signout", { method: "POST", redirect: "manual",
			headers: { "Content-Type": "application/json", "X-Auth-Return-Redirect": "1" }, body: JSON.stringify(csrf) })
		if (!res.ok) throw new Error(res.status)
	})()`, nil)
	w.click(t, "#accounts li button")
	w.waitForPage(t, site+"/signin?callbackUrl=", signInForm)
	w.checkConsole(t, "status of 401")
	w.signInAsAnn(t, "open sesame")
	w.waitForPage(t, site+"/account", "#accounts li")
	w.click(t, "button[hx-post$='/signout']")
	w.waitForPage(t, site+"/signin", signInForm)
	w.checkConsole(t)
}

// link links an account at a provider on another origin.
func (w *tab) link(t *testing.T, site string) {
	t.Helper()
	w.click(t, "form[action$='/signin/local'] button")
	w.waitForPage(t, "http://127.0.0.1:", "li button")
	w.click(t, "li button")
	w.waitForPage(t, site+"/api/auth/callback/local", "form button") // the built-in page asks
	w.click(t, "form button")
	w.waitForPage(t, site+"/account", "#accounts li")
}

// checkMail signs in by mail.
func (w *tab) checkMail(t *testing.T, site *example) {
	t.Helper()
	w.write(t, "form[action$='/signin/email'] [name=email]", "eve@example.com")
	w.click(t, "form[action$='/signin/email'] button")
	w.waitForPage(t, site.url+"/api/auth/verify-request?", "h1")
	w.goTo(t, site.mailedLink(t))
	w.waitForPage(t, site.url+"/account", "#accounts")
	w.checkConsole(t)
}

// checkTexts opens pages for failures.
func (w *tab) checkTexts(t *testing.T, site string) {
	t.Helper()
	w.eval(t, `fetch("/api/auth/signin/local", { method: "POST", headers: { "HX-Request": "true" } }).then(
		res => { location.href = res.headers.get("HX-Redirect") })`, nil)
	w.waitForPage(t, site+"/signin?", "p[role=alert]")
	w.wantJSON(t, "document.querySelector('p').innerText", `"This page was open for too long. Please try again."`)
	w.goTo(t, site+"/api/auth/signin/gone")
	w.waitForPage(t, site+"/signin?", "p[role=alert]")
	w.wantJSON(t, "document.querySelector('p').innerText", `"There is no such way to sign in."`)
	w.goTo(t, site+"/api/auth/signin/local")
	w.waitForPage(t, site+"/signin?", "form")
	w.wantJSON(t, "document.querySelectorAll('form').length", "1")
	w.checkConsole(t)
}

// example is a running example.
type example struct {
	url   string
	lines chan string // of its output
}

// buildExample builds a program of module examples, and returns its file.
func buildExample(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", file, "./"+name)
	build.Dir = filepath.Join("..", "..", "examples")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the example %s: %v\n%s", name, err, out)
	}
	return file
}

// startExample starts an example on a free port, in a folder of its own. It ends with the test.
func startExample(t *testing.T, file string, args ...string) *example {
	t.Helper()
	cmd := exec.Command(file, args...)
	cmd.Dir, cmd.Env = t.TempDir(), append(cmd.Environ(), "PORT=0")
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &example{lines: make(chan string, 1000)}
	go func() {
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			s.lines <- scanner.Text()
		}
		close(s.lines)
	}()
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Kill(), in.Close()); err != nil {
			t.Error(err)
		}
		cmd.Wait() // the exit status says that it was killed
	})
	s.url = s.find(t, regexp.MustCompile(`^Open (http://localhost:\d+) `))
	return s
}

// mailedLink returns the link of the next mail.
func (s *example) mailedLink(t *testing.T) string {
	t.Helper()
	return s.find(t, regexp.MustCompile(`^(`+regexp.QuoteMeta(s.url)+`/api/auth/callback/email\S+)$`))
}

// find waits for a line of the output, and returns what the first group of the pattern has matched.
func (s *example) find(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	var seen []string
	limit := time.After(waitLimit)
	for {
		select {
		case line, isOpen := <-s.lines:
			if m := pattern.FindStringSubmatch(line); m != nil {
				return m[1]
			}
			if seen = append(seen, line); isOpen {
				continue
			}
		case <-limit:
		}
		t.Fatalf("the example does not print %v, but:\n%s", pattern, strings.Join(seen, "\n"))
	}
}
