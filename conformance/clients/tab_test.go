package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// tab is a tab of a profile, with a record of what happened in it.
type tab struct {
	*chromium
	session string

	mu         sync.Mutex
	complaints []string // errors and warnings in the console, exceptions, violations of the page's policy
	advice     []string // what the browser says about the page to its developers
	requests   []string // the URLs
}

// open opens a page in a new tab.
func (p *profile) open(t *testing.T, address string) *tab {
	t.Helper()
	var created struct{ TargetID, SessionID string }
	err := p.do("", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": p.id}, &created)
	if err == nil {
		err = p.do("", "Target.attachToTarget", map[string]any{"targetId": created.TargetID, "flatten": true}, &created)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := &tab{chromium: p.chromium, session: created.SessionID}
	p.mu.Lock()
	p.tabs[w.session] = w
	p.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		w.command(t, domain+".enable", nil)
	}
	w.goTo(t, address)
	return w
}

func (w *tab) command(t *testing.T, method string, params map[string]any) {
	t.Helper()
	if err := w.do(w.session, method, params, nil); err != nil {
		t.Fatal(err)
	}
}

func (w *tab) goTo(t *testing.T, address string) {
	t.Helper()
	w.command(t, "Page.navigate", map[string]any{"url": address})
	w.waitUntil(t, "document.readyState === 'complete' && location.href !== 'about:blank'")
}

// handleEvent records the events that tests look at. Chromium sends events in order, and before the
// answers to later commands.
func (w *tab) handleEvent(m message) {
	var e struct {
		Type             string // of a call of the console
		Args             []struct{ Value, Description any }
		Entry            struct{ Level, Text, URL string }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Request struct{ URL string }
	}
	if json.Unmarshal(m.Params, &e) != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case m.Method == "Runtime.consoleAPICalled" && (e.Type == "error" || e.Type == "warning" || e.Type == "assert"):
		w.complaints = append(w.complaints, fmt.Sprint("console: ", e.Args))
	case m.Method == "Runtime.exceptionThrown":
		w.complaints = append(w.complaints,
			"exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case m.Method == "Log.entryAdded" && (e.Entry.Level == "error" || e.Entry.Level == "warning"):
		w.complaints = append(w.complaints, "log: "+e.Entry.Text+" "+e.Entry.URL)
	case m.Method == "Log.entryAdded" && e.Entry.Level == "verbose":
		w.advice = append(w.advice, e.Entry.Text)
	case m.Method == "Network.requestWillBeSent":
		w.requests = append(w.requests, e.Request.URL)
	}
}

func isThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || u.Hostname() == exampleHost || err == nil && ip.IsLoopback()
}

// checkConsole reports complaints in the tab so far that contain none of the given words, words
// that no complaint contains, and requests to addresses that are not loopback. It forgets the
// complaints.
func (w *tab) checkConsole(t *testing.T, words ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	used := map[string]bool{}
	for _, c := range w.complaints {
		i := slices.IndexFunc(words, func(s string) bool { return strings.Contains(c, s) })
		if i < 0 {
			t.Errorf("a complaint in the browser: %s", c)
			continue
		}
		used[words[i]] = true
	}
	for _, s := range words {
		if !used[s] {
			t.Errorf("no complaint in the browser with %q", s)
		}
	}
	for _, address := range w.requests {
		if !isThisMachine(address) {
			t.Errorf("a request to %s", address)
		}
	}
	w.complaints = nil
}

// sessionRequests is the number of the tab's requests for the session.
func (w *tab) sessionRequests() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, address := range w.requests {
		if strings.HasSuffix(address, "/api/auth/session") {
			n++
		}
	}
	return n
}

// try evaluates an expression, and waits if it is a promise.
func (w *tab) try(expression string, into any) error {
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	params := map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}
	if err := w.do(w.session, "Runtime.evaluate", params, &answer); err != nil {
		return err
	}
	if answer.ExceptionDetails != nil {
		return errors.New(answer.ExceptionDetails.Exception.Description)
	}
	if into == nil || len(answer.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(answer.Result.Value, into)
}

func (w *tab) eval(t *testing.T, expression string, into any) {
	t.Helper()
	if err := w.try(expression, into); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// wantJSON compares the value of an expression, as JSON.
func (w *tab) wantJSON(t *testing.T, expression, want string) {
	t.Helper()
	var got string
	w.eval(t, "(async () => JSON.stringify(await ("+expression+")) ?? 'undefined')()", &got)
	if got != want {
		t.Errorf("%s: got %s, want %s", expression, got, want)
	}
}

// waitUntil waits for a condition. While a page is being left no condition holds.
func (w *tab) waitUntil(t *testing.T, condition string) {
	t.Helper()
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); <-again.C {
		var met bool
		if err := w.try("!!("+condition+")", &met); err == nil && met {
			return
		}
	}
	var where string
	err := w.try("location.href + ', which says: ' + document.body.innerText", &where)
	t.Fatalf("still not %s at %s (%v)", condition, where, err)
}

// waitForPage waits until the tab shows a page whose address begins with a text and that has an
// element for a selector.
func (w *tab) waitForPage(t *testing.T, address, selector string) {
	t.Helper()
	w.waitUntil(t, fmt.Sprintf("location.href.startsWith(%q) && document.readyState === 'complete' && "+
		"document.querySelector(%q)", address, selector))
}

// click clicks on the middle of an element. It fails if another element covers it.
func (w *tab) click(t *testing.T, selector string) {
	t.Helper()
	w.command(t, "Page.bringToFront", nil)
	var at struct{ X, Y float64 }
	w.eval(t, `(() => {
		const element = document.querySelector(`+strconv.Quote(selector)+`)
		element.scrollIntoView({ block: "center", behavior: "instant" })
		const box = element.getBoundingClientRect()
		const at = { X: box.x + box.width / 2, Y: box.y + box.height / 2 }
		if (!element.contains(document.elementFromPoint(at.X, at.Y))) throw new Error("something covers it")
		return at
	})()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		w.command(t, "Input.dispatchMouseEvent",
			map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1})
	}
}

func (w *tab) write(t *testing.T, selector, text string) {
	t.Helper()
	w.click(t, selector)
	w.command(t, "Input.insertText", map[string]any{"text": text})
}

// keys are the keys that tests press, with their names and codes.
var keys = map[string]map[string]any{
	"Tab":   {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
	"Enter": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
	" ":     {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
}

// key presses a key.
func (w *tab) key(t *testing.T, name string) {
	t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		event := maps.Clone(keys[name])
		event["type"] = kind
		w.command(t, "Input.dispatchKeyEvent", event)
	}
}
