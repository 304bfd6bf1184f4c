package password_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
)

// rangeServer is a range API. Its handler gets the suffix of the password that is asked about.
func rangeServer(t *testing.T, typed string, answer func(w http.ResponseWriter, suffix string)) *password.Range {
	t.Helper()
	sum := sha1.Sum([]byte(typed))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/range/"+digits[:5] || r.Header.Get("Add-Padding") != "true" {
			t.Errorf("%s %s, %v", r.Method, r.URL, r.Header)
		}
		if text := r.URL.String() + fmt.Sprint(r.Header); strings.Contains(text, digits[5:15]) {
			t.Errorf("the request has more of the hash: %s", text)
		}
		answer(w, digits[5:])
	}))
	t.Cleanup(server.Close)
	return &password.Range{URL: server.URL}
}

const other = "0018A45C4D1DEF81644B54AB7F969B88D65"

func TestRange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answer  func(suffix string) string
		status  int
		want    bool
		wantErr bool
	}{
		{name: "known", answer: func(s string) string { return other + ":3\r\n" + s + ":10434004\r\n" }, want: true},
		{name: "known, in lower case", answer: func(s string) string { return strings.ToLower(s) + ":1" }, want: true},
		{name: "unknown", answer: func(string) string { return other + ":3\r\n" }},
		{name: "padding", answer: func(s string) string { return other + ":3\r\n" + s + ":0\r\n" }},
		{name: "known and padding", answer: func(s string) string { return s + ":0\n" + s + ":2\n" }, want: true},
		{name: "a page", answer: func(s string) string { return "<p>Sign in\n" + s + ":5" }, wantErr: true},
		{name: "no count", answer: func(s string) string { return s + "\n" }, wantErr: true},
		{name: "a negative count", answer: func(s string) string { return s + ":-1\n" }, wantErr: true},
		{name: "a shorter hash", answer: func(s string) string { return s[1:] + ":1\n" }, wantErr: true},
		{name: "empty", answer: func(string) string { return "" }, wantErr: true},
		{name: "too long", answer: func(s string) string { return strings.Repeat(s+":1\n", 50_000) }, wantErr: true},
		{name: "busy", answer: func(s string) string { return s + ":1" }, status: 429, wantErr: true},
		{name: "no content", answer: func(s string) string { return "" }, status: 204, wantErr: true},
		{name: "broken", answer: func(s string) string { return s + ":1" }, status: 500, wantErr: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rangeServer(t, "a password", func(w http.ResponseWriter, suffix string) {
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
				fmt.Fprint(w, tt.answer(suffix))
			})
			got, err := r.Contains(t.Context(), "a password")
			if got != tt.want || (err != nil) != tt.wantErr {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// Class 17: a service that is away, slow, or sends the request elsewhere is an error, and the
// password is accepted.
func TestRangeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	const typed = "x9$Lq2!vRt7#pWz"
	released := make(chan struct{})
	slow := rangeServer(t, typed, func(w http.ResponseWriter, suffix string) {
		fmt.Fprint(w, suffix+":1\n")
		w.(http.Flusher).Flush()
		<-released
	})
	t.Cleanup(func() { close(released) }) // before the server is closed
	redirecting := rangeServer(t, typed, func(w http.ResponseWriter, _ string) {
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(http.StatusFound)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	away := &password.Range{URL: "http://" + listener.Addr().String()}
	for name, r := range map[string]*password.Range{"slow": slow, "redirecting": redirecting, "away": away} {
		c := newChecker(t, password.Policy{Breached: r})
		code, err := c.Check(t.Context(), typed)
		if code != "" || err == nil || strings.Contains(err.Error(), "range/") {
			t.Errorf("%s: got %q, %v", name, code, err)
		}
		if name == "slow" && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("slow: got %v", err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := away.Contains(canceled, typed); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Class 17: a new password is accepted while the list does not answer, and the log says so.
func TestListThatIsAwayKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *password.Options) {
		o.Policy.Breached = breached(func(string) (bool, error) { return true, errors.New("away") })
	})
	s.user(t, ann, first)
	b := s.browser(t)
	signIn(t, b, ann, first)
	wantEnd(t, post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}}),
		accountPage+"password_changed")
	if log := s.log.text(); !strings.Contains(log, "accepted without the list of known passwords") {
		t.Errorf("the log does not say it: %s", log)
	}
}
