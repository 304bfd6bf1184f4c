package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"time"
)

// client is the program's connection to the site. It keeps cookies, as a browser does.
type client struct {
	http *http.Client
	site *url.URL
	file string // where the cookies are between two runs
}

// newClient returns a client with the cookies of the last run.
func newClient(site, file string) (*client, error) {
	u, err := url.Parse(site)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	c := &client{&http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}, u, file}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	var cookies []*http.Cookie
	if err := json.Unmarshal(text, &cookies); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, cookie := range cookies {
		cookie.Path, cookie.Secure = "/", u.Scheme == "https"
	}
	jar.SetCookies(u, cookies)
	return c, nil
}

// save keeps the cookies for the next run. Whoever can read the file is signed in.
func (c *client) save() error {
	text, err := json.Marshal(c.http.Jar.Cookies(c.site))
	if err != nil {
		return err
	}
	return os.WriteFile(c.file, text, 0o600)
}

// login signs in with the browser of this computer (RFC 8252): the site sends a code to a port of
// the loopback address, and the program exchanges it for a session.
func (c *client) login(ctx context.Context, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	port := listener.Addr().(*net.TCPAddr).Port
	fmt.Fprintf(out, "Open %s/cli?port=%d&challenge=%s&state=%s\n", c.site, port, hash(verifier), state)
	code, err := receive(ctx, listener, state)
	if err != nil {
		return err
	}
	form := url.Values{"code": {code}, "verifier": {verifier}}
	_, err = c.do(ctx, http.MethodPost, "/cli/session", form)
	return err
}

// receive waits for the browser, which brings the code.
func receive(ctx context.Context, listener net.Listener, state string) (string, error) {
	codes := make(chan string, 1)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("state") != state { // not the sign-in that this program began
				http.Error(w, "This is not the sign-in that the program has begun.", http.StatusBadRequest)
				return
			}
			fmt.Fprintln(w, "The program is signed in. You may close this page.")
			select {
			case codes <- r.FormValue("code"):
			default:
			}
		})}
	go server.Serve(listener)
	defer server.Shutdown(ctx)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	select {
	case code := <-codes:
		return code, nil
	case <-ctx.Done():
		return "", fmt.Errorf("nobody has signed in: %w", ctx.Err())
	}
}

// whoami prints who is signed in.
func (c *client) whoami(ctx context.Context, out io.Writer) error {
	name, err := c.do(ctx, http.MethodGet, "/api/me", nil)
	if err == nil {
		fmt.Fprintln(out, name)
	}
	return err
}

// logout ends the session, at the site too.
func (c *client) logout(ctx context.Context) error {
	token, err := c.csrfToken(ctx)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, http.MethodPost, "/api/auth/signout", url.Values{"csrfToken": {token}})
	return err
}

// csrfToken returns the token that a POST to an endpoint of Cardea must have.
func (c *client) csrfToken(ctx context.Context) (string, error) {
	text, err := c.do(ctx, http.MethodGet, "/api/auth/csrf", nil)
	if err != nil {
		return "", err
	}
	var csrf struct {
		Token string `json:"csrfToken"`
	}
	err = json.Unmarshal([]byte(text), &csrf)
	return csrf.Token, err
}

// do sends a request, and a form if there is one. Accept says that this is a program: an endpoint
// answers in JSON, and a protected route with 401.
func (c *client) do(ctx context.Context, method, path string, form url.Values) (string, error) {
	to, body := c.site.JoinPath(path).String(), strings.NewReader(form.Encode())
	req, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Auth-Return-Redirect", "1") // do not redirect, answer with the URL
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case err != nil:
		return "", err
	case res.StatusCode == http.StatusUnauthorized && form == nil:
		return "", errors.New("nobody is signed in; run: cli login")
	case res.StatusCode >= 300:
		return "", fmt.Errorf("%s: %s: %s", path, res.Status, text)
	}
	return string(text), nil
}
