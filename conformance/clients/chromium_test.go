package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// patience bounds whatever the tests wait for, on a machine that is busy with other tests.
const patience = 30 * time.Second

// chromium is a headless browser, driven over the two pipes of the Chrome DevTools Protocol.
type chromium struct {
	commands io.WriteCloser
	gone     chan struct{} // closed when the browser has ended

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	tabs    map[string]*tab // by session
}

// message is a command, its answer, or an event of a tab.
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

// startChromium starts a browser that ends with the test, and that can reach nothing but loopback
// addresses.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium, in which the clients run")
	}
	home, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir="+home,
		"--remote-debugging-pipe",
		// No tab gets less of the machine than another, and no process is started in case it might
		// be needed.
		"--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--disable-extensions",
		"--disable-features=PreloadTopChromeWebUI,SpareRendererForSitePerProcess",
		"--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")
	cmd.Env = append(os.Environ(), "HOME="+home)
	theirCommands, commands, err1 := os.Pipe()
	answers, theirAnswers, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirCommands, theirAnswers} // the descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirCommands.Close()
	theirAnswers.Close()

	c := &chromium{
		commands: commands, gone: make(chan struct{}), waiting: map[int]chan message{}, tabs: map[string]*tab{},
	}
	go c.listen(answers)
	t.Cleanup(func() {
		commands.Close() // by which the browser knows that it is over
		if !isClosedSoon(c.gone) {
			cmd.Process.Kill()
		}
		cmd.Wait() // its status says nothing: it was told to end
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

// listen hands out answers and events until the browser ends.
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
		answered, of := c.waiting[m.ID], c.tabs[m.Session]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		switch {
		case m.ID != 0 && answered != nil:
			answered <- m
		case of != nil:
			of.happened(m)
		}
	}
}

// do sends a command, to a tab or with "" to the browser, and reads its result.
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
	case <-time.After(patience):
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

// profile is a browser of somebody's: what its tabs have in common is shared with no other profile.
type profile struct {
	*chromium
	id string
}

func (c *chromium) newProfile(t *testing.T) *profile {
	t.Helper()
	var made struct{ BrowserContextID string }
	if err := c.do("", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &made); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.do("", "Target.disposeBrowserContext", map[string]any{"browserContextId": made.BrowserContextID}, nil)
	})
	return &profile{c, made.BrowserContextID}
}
