package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// program is the built command.
type program struct{ binary, site, file string }

func build(t *testing.T) program {
	t.Helper()
	p := program{binary: filepath.Join(t.TempDir(), "cli.exe"), file: filepath.Join(t.TempDir(), "session.json")}
	if out, err := exec.Command("go", "build", "-o", p.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, p.site = p.start(t, "serve", regexp.MustCompile(`^Open (http://\S+) `))
	return p
}

// start starts a command, which ends with the test, and returns what the pattern finds in its
// output.
func (p program) start(t *testing.T, command string, pattern *regexp.Regexp) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.binary, command)
	cmd.Env = append(os.Environ(), "PORT=0", "SITE="+p.site, "SESSION_FILE="+p.file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // fails if it has ended
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
			return cmd, m[1]
		}
	}
	t.Fatalf("%s: no output like %v: %v", command, pattern, lines.Err())
	return nil, ""
}

// run runs a command to its end.
func (p program) run(t *testing.T, command string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.binary, command)
	cmd.Env = append(os.Environ(), "SITE="+p.site, "SESSION_FILE="+p.file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String()
}

// newPerson returns a browser in which Grace has signed in at the site.
func (p program) newPerson(t *testing.T) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, p.site)
	res := b.Post("/signin/local", url.Values{"callbackUrl": {p.site + "/api/me"}})
	res, err := b.PostForm(res.Request.URL.String(), url.Values{"name": {"Grace"}, "email": {"grace@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); text != "Grace" {
		t.Fatalf("after the sign-in in the browser: %s, %q", res.Status, text)
	}
	return b
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestProgram(t *testing.T) {
	t.Parallel()
	p := build(t)
	t.Run("signs in", p.checkSignIn)
	t.Run("a code needs its verifier", p.checkCode)
}

func (p program) checkSignIn(t *testing.T) {
	if _, stderr := p.run(t, "whoami"); stderr != "cli: nobody is signed in; run: cli login\n" {
		t.Errorf("before the sign-in: %q", stderr)
	}

	login, page := p.start(t, "login", regexp.MustCompile(`^Open (\S+)$`))
	grace := p.newPerson(t)
	res, err := grace.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); !strings.Contains(text, "wants to sign in as Grace.") {
		t.Fatalf("the question: %s, %s", res.Status, text)
	}
	if res, err = grace.PostForm(page, nil); err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); text != "The program is signed in. You may close this page.\n" {
		t.Fatalf("the browser is at %s and shows %q", res.Request.URL, text)
	}
	if err := login.Wait(); err != nil {
		t.Fatal(err)
	}

	if name, stderr := p.run(t, "whoami"); name != "Grace\n" {
		t.Errorf("whoami: %q, %q", name, stderr)
	}
	if info, err := os.Stat(p.file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the session: %v, %v", info, err)
	}
	p.run(t, "logout")
	if name, stderr := p.run(t, "whoami"); name != "" || !strings.Contains(stderr, "nobody is signed in") {
		t.Errorf("after logout: %q, %q", name, stderr)
	}
	if grace.Session() == nil {
		t.Error("logout of the program has ended the session of the browser")
	}
}

// A code is worth nothing without the verifier, and works once.
func (p program) checkCode(t *testing.T) {
	grace := p.newPerson(t)
	grace.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	verifier := strings.Repeat("v", 43)
	question := url.Values{"port": {"9"}, "state": {strings.Repeat("s", 26)}, "challenge": {hash(verifier)}}
	newCode := func() string {
		res, err := grace.PostForm(p.site+"/cli?"+question.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		to, err := res.Location()
		if err != nil || to.Hostname() != "127.0.0.1" || to.Query().Get("state") != question.Get("state") {
			t.Fatalf("the answer to yes: %s, %v, %v", res.Status, to, err)
		}
		return to.Query().Get("code")
	}
	code := newCode()
	for _, step := range []struct {
		code, verifier string
		want           int
	}{
		{code, strings.Repeat("w", 43), http.StatusForbidden},
		{code, "", http.StatusForbidden},
		{code + "x", verifier, http.StatusForbidden},
		{code, verifier, http.StatusNoContent},
		{code, verifier, http.StatusForbidden},
	} {
		b := cardeatest.NewBrowser(t, p.site)
		res, err := b.PostForm(p.site+"/cli/session", url.Values{"code": {step.code}, "verifier": {step.verifier}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != step.want || (b.Session() != nil) != (step.want == http.StatusNoContent) {
			t.Errorf("code %t, verifier %q: %s, session %v", step.code == code, step.verifier, res.Status, b.Session())
		}
	}

	// Another site cannot say yes for the visitor, and the code goes to this computer only.
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.site+"/cli?"+question.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := grace.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("another site says yes: %s", res.Status)
	}
	question.Set("port", "80@evil.example")
	if res, err = grace.Get(p.site + "/cli?" + question.Encode()); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a port that is a host: %s", res.Status)
	}
}

// A code ends with the session that allowed it.
func TestCodeEndsWithItsSession(t *testing.T) {
	t.Parallel()
	issuer := cardeatest.NewIssuer(t,
		cardeatest.Person{Subject: "1", Name: "Grace", Email: "grace@example.com", EmailVerified: true})
	store := memadapter.New()
	s, server := newSite(t, issuer, store, factor.Options{}, nil)
	auth := s.auth

	for name, tc := range map[string]struct {
		end  func(t *testing.T, b *cardeatest.Browser, userID string)
		want int
	}{
		"all sessions end": {func(t *testing.T, _ *cardeatest.Browser, userID string) {
			if n, err := auth.EndSessions(t.Context(), userID, nil); n == 0 || err != nil {
				t.Fatal(n, err)
			}
		}, http.StatusForbidden},
		"the others end": {func(t *testing.T, b *cardeatest.Browser, userID string) {
			sessions, err := auth.Sessions(t.Context(), userID)
			if err != nil || len(sessions) != 1 {
				t.Fatal(len(sessions), err)
			}
			if _, err := auth.EndSessions(t.Context(), userID, sessions[0]); err != nil {
				t.Fatal(err)
			}
		}, http.StatusNoContent},
		"the browser signs out": {func(_ *testing.T, b *cardeatest.Browser, _ string) {
			b.Post("/signout", url.Values{})
		}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			grace := cardeatest.SignIn(t, server.URL, "idp", "grace@example.com")
			u, err := store.UserByEmail(t.Context(), "grace@example.com")
			if err != nil {
				t.Fatal(err)
			}
			grace.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			res, err := grace.PostForm(server.URL+"/cli?"+linkQuery.Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			to, err := res.Location()
			if err != nil {
				t.Fatal(res.Status, err)
			}
			tc.end(t, grace, u.ID)
			b := cardeatest.NewBrowser(t, server.URL)
			res, err = b.PostForm(server.URL+"/cli/session",
				url.Values{"code": {to.Query().Get("code")}, "verifier": {verifier}})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tc.want || (b.Session() != nil) != (tc.want == http.StatusNoContent) {
				t.Errorf("%s, session %v, want status %d", res.Status, b.Session(), tc.want)
			}
			if _, err := auth.EndSessions(t.Context(), u.ID, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A client without a browser signs in with the code of a mail, or with a password, in the requests
// that docs/clients.md lists.
func TestClientWithoutBrowser(t *testing.T) {
	t.Parallel()
	var mails cardeatest.Mailbox
	store, grace := memadapter.New(), &cardea.User{Name: "Grace"}
	if err := store.CreateUser(t.Context(), grace); err != nil {
		t.Fatal(err)
	}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
		Providers: []cardea.Provider{
			email.New(email.Options{From: "Site <no-reply@example.com>", Sender: &mails}),
			credentials.New(credentials.Options{
				Fields: []cardea.Field{{Name: "name"}, {Name: "password"}},
				Authorize: func(_ context.Context, in credentials.Input) (*cardea.User, error) {
					if in.Get("password") != "open sesame" {
						return nil, credentials.Refuse("")
					}
					return grace, nil
				},
			}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	newClient := func() *client {
		c, err := newClient(server.URL, filepath.Join(t.TempDir(), "session.json"))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	post := func(c *client, path string, form url.Values) string {
		t.Helper()
		token, err := c.csrfToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		form.Set("csrfToken", token)
		text, err := c.do(t.Context(), http.MethodPost, path, form)
		if err != nil {
			return err.Error()
		}
		return text
	}
	signedIn := func(c *client) bool {
		t.Helper()
		text, err := c.do(t.Context(), http.MethodGet, "/api/auth/session", nil)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(text, `"user"`)
	}

	c, other := newClient(), newClient()
	post(c, "/api/auth/signin/email", url.Values{"email": {"grace@example.com"}})
	code := mails.Last(t, "grace@example.com").Code
	if post(other, "/api/auth/callback/email", url.Values{"code": {code}}); signedIn(other) {
		t.Error("the code works without the cookies of the client that asked for it")
	}
	if text := post(c, "/api/auth/callback/email", url.Values{"code": {code}}); !signedIn(c) {
		t.Errorf("the code %q does not sign in: %s", code, text)
	}
	if post(c, "/api/auth/signout", url.Values{}); signedIn(c) {
		t.Error("signed in after signing out")
	}

	wrong := post(other, "/api/auth/callback/credentials", url.Values{"name": {"Grace"}, "password": {"x"}})
	if !strings.Contains(wrong, "error=CredentialsSignin") || signedIn(other) {
		t.Errorf("a wrong password: %s", wrong)
	}
	right := url.Values{"name": {"Grace"}, "password": {"open sesame"}}
	if text := post(other, "/api/auth/callback/credentials", right); !signedIn(other) {
		t.Errorf("the password does not sign in: %s", text)
	}
}

// The Go code of docs/clients.md is a copy of code in this package.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"client.go", "site.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 4 {
		t.Errorf("the page has %d code blocks, want at least 4", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[1])) {
			t.Errorf("not in this package:\n%s", block[1])
		}
	}
}
