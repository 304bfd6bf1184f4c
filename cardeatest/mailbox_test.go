package cardeatest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

// newMailApplication sets up an application with sign-in by e-mail.
func newMailApplication(sender email.Sender) (http.Handler, error) {
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: memadapter.New(),
		Providers: []cardea.Provider{email.New(email.Options{From: "no-reply@example.com", Sender: sender})},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		fmt.Fprintf(w, "Hello, %s!", u.Email)
	}))
	return mux, nil
}

// testSignInByMail is a test of that application. In a real test the name begins with Test and t is
// a *testing.T.
func testSignInByMail(t testing.TB) {
	mails := new(cardeatest.Mailbox)
	app, err := newMailApplication(mails)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(app)
	t.Cleanup(site.Close)

	ann := cardeatest.NewBrowser(t, site.URL)
	ann.Post("/signin/email", url.Values{"email": {"ann@example.com"}, "callbackUrl": {"/dashboard"}})
	res, err := ann.Get(mails.Last(t, "ann@example.com").Link)
	if err != nil || res.StatusCode != http.StatusOK || res.Request.URL.Path != "/dashboard" {
		t.Fatal(res, err)
	}
	if user := ann.Session()["user"].(map[string]any); user["email"] != "ann@example.com" {
		t.Errorf("signed in as %v", user)
	}
}

// A visitor follows the link of a mail.
func ExampleMailbox() {
	fmt.Println(runTest(testSignInByMail))
	// Output: PASS
}

// A mail that leaves after the answer is waited for. One of another subject is not taken for it.
func TestLastWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b cardeatest.Mailbox
		send := func(subject, text string) {
			m := email.Message{To: "ann@example.com", Subject: subject, Text: text}
			if err := b.Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		}
		go func() {
			time.Sleep(time.Second)
			send("Sign up for Example", "")
			time.Sleep(time.Second)
			send("A new password for Example", "")
			send("Sign up once more", "")
		}()
		if m := b.Last(t, "ann@example.com"); m.Subject != "Sign up for Example" {
			t.Errorf("the first mail is %q", m.Subject)
		}
		if m := b.Last(t, "ann@example.com", "password", "Example"); m.Subject != "A new password for Example" {
			t.Errorf("the awaited mail is %q", m.Subject)
		}
		synctest.Wait()
		if m := b.Last(t, "ann@example.com"); m.Subject != "Sign up once more" {
			t.Errorf("the newest mail is %q", m.Subject)
		}
		defer func() {
			if ended := fmt.Sprint(recover()); !strings.Contains(ended, "no mail to ann@example.com") {
				t.Errorf("without the mail: %s", ended)
			}
		}()
		b.Last(&fakeT{}, "ann@example.com", "changed")
	})
}

// Every mail with a link has it in Link, in every language; which URL of several it is does not
// depend on their order.
func TestLinkOfEveryMail(t *testing.T) {
	t.Parallel()
	const token = "https://x.example/api/auth/password/choose?kind=sign-up&token=abc"
	for text, want := range map[string]string{
		"Hallo\n\nÖffnen Sie\n" + token + "\n":         token,
		"See https://x.example/help\n" + token + "\n":  token,
		"https://x.example/api/auth/account\nUnd mehr": "https://x.example/api/auth/account",
		"Nothing": "https://given.example",
	} {
		var b cardeatest.Mailbox
		m := email.Message{To: "ann@example.com", Text: text, Link: "https://given.example", Code: "12345678"}
		if err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := b.Last(t, m.To); got.Link != want || got.Code != "12345678" {
			t.Errorf("%q: got %q, %q", text, got.Link, got.Code)
		}
	}
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	var b cardeatest.Mailbox
	m := email.Message{
		To: "ann@example.com", Text: "Open https://x.example/callback/email?a=b\r\nor type\r\n01234567\r\n",
	}
	for _, to := range []string{"ann@example.com", "bob@example.com", "ann@example.com"} {
		m.To = to
		if err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		m.Subject += "x"
	}
	if got := b.Last(t, "ann@example.com"); got.Link != "https://x.example/callback/email?a=b" ||
		got.Code != "01234567" || got.Subject != "xx" {
		t.Errorf("got %+v", got)
	}
	full := errors.New("full")
	b.Fail(full)
	if err := b.Send(t.Context(), m); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	b.Fail(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Send(ctx, m); !errors.Is(err, context.Canceled) || len(b.All()) != 3 {
		t.Errorf("got %v, %d mails", err, len(b.All()))
	}
}
