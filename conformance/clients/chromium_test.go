package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// waitLimit is how long the tests wait for anything. It is long because the machine may be busy
// with other tests.
const waitLimit = 30 * time.Second

// exampleHost leads to this machine, like localhost, but its name does not say so.
const exampleHost = "app.example"

// chromium is a headless browser that the tests control by the Chrome DevTools Protocol, over two
// pipes.
type chromium struct {
	commands io.WriteCloser
	gone     chan struct{} // closed when the browser has ended

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	tabs    map[string]*tab // by the session ID of the protocol
}

// message is a command, the answer to one, or an event of a tab.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// startChromium starts a browser, which ends with the test. It can reach this machine only, under
// other names as rules say, in the language of Chromium's --host-resolver-rules.
func startChromium(t *testing.T, rules ...string) *chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed; these tests run the clients in it")
	}
	home, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir="+home,
		"--remote-debugging-pipe",
		// Tabs in the background get as much processor time as the one in front, and no process is
		// started ahead of need.
		"--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--disable-extensions",
		"--disable-features=PreloadTopChromeWebUI,SpareRendererForSitePerProcess",
		"--no-proxy-server", "--ignore-certificate-errors", "--host-resolver-rules="+strings.Join(append(rules,
			"MAP "+exampleHost+" 127.0.0.1", "MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1"), ", "))
	cmd.Env = append(os.Environ(), "HOME="+home)
	browserCommands, commands, err1 := os.Pipe()
	answers, browserAnswers, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{browserCommands, browserAnswers} // the descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	browserCommands.Close()
	browserAnswers.Close()

	c := &chromium{
		commands: commands, gone: make(chan struct{}), waiting: map[int]chan message{}, tabs: map[string]*tab{},
	}
	go c.listen(answers)
	t.Cleanup(func() {
		commands.Close() // tells the browser to end
		if !isClosedSoon(c.gone) {
			cmd.Process.Kill()
		}
		cmd.Wait() // the exit status does not matter: the browser was told to end
		answers.Close()
		os.RemoveAll(home)
	})
	return c
}

func isClosedSoon(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-time.After(5 * time.Second):
		return false
	}
}

// listen delivers answers and events until the browser ends.
func (c *chromium) listen(answers io.Reader) {
	defer close(c.gone)
	r := bufio.NewReader(answers)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
			return
		}
		c.mu.Lock()
		answered, tab := c.waiting[m.ID], c.tabs[m.Session]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		switch {
		case m.ID != 0 && answered != nil:
			answered <- m
		case tab != nil:
			tab.handleEvent(m)
		}
	}
}

// do sends a command and reads its result. session is that of a tab; "" is the browser itself.
func (c *chromium) do(session, method string, params, result any) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answered := make(chan message, 1)
	if err := c.send(message{Session: session, Method: method, Params: text}, answered); err != nil {
		return err
	}
	select {
	case m := <-answered:
		if m.Error != nil {
			return errors.New(method + ": " + m.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-c.gone:
		return errors.New(method + ": the browser has ended")
	case <-time.After(waitLimit):
		return errors.New(method + ": no answer")
	}
}

func (c *chromium) send(m message, answered chan message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	m.ID = c.last
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.waiting[m.ID] = answered
	_, err = c.commands.Write(append(text, 0))
	return err
}

// profile is one person's browser. Its tabs share cookies and storage, and other profiles have none
// of them.
type profile struct {
	*chromium
	id string
}

func (c *chromium) newProfile(t *testing.T) *profile {
	t.Helper()
	var created struct{ BrowserContextID string }
	if err := c.do("", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &created); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.do("", "Target.disposeBrowserContext", map[string]any{"browserContextId": created.BrowserContextID}, nil)
	})
	return &profile{c, created.BrowserContextID}
}
