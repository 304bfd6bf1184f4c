package password_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
	"golang.org/x/crypto/bcrypt"
)

const (
	first  = "correct horse battery staple"
	second = "another long sentence of mine"
	ann    = "ann@example.com"
)

// site is an application with passwords.
type site struct {
	*httptest.Server
	*cardea.Auth
	store     *memadapter.Adapter
	passwords *password.Feature
	mails     *cardeatest.Mailbox
	log       *lockedBuffer
	created   *atomic.Int32 // users
}

// lockedBuffer is a log that mails write to after the answer.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

const ( // where a form leads that has done what it is for
	sentPage    = "/api/auth/verify-request?success="
	accountPage = "/api/auth/account?success="
	signInPage  = "/api/auth/signin/password?success="
)

// newSite starts a site on a server.
func newSite(t testing.TB, change func(*cardea.Config, *password.Options)) *site {
	t.Helper()
	s, handler := newHandler(t, change)
	s.Server = httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// newHandler returns a site without a server.
func newHandler(t testing.TB, change func(*cardea.Config, *password.Options)) (*site, http.Handler) {
	t.Helper()
	s := &site{store: memadapter.New(), mails: &cardeatest.Mailbox{}, log: &lockedBuffer{}, created: &atomic.Int32{}}
	c := cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: s.store, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	c.Events.CreateUser = func(context.Context, *cardea.User) { s.created.Add(1) }
	o := password.Options{
		From: "Example <no-reply@example.com>", Sender: s.mails,
		Hashing: passwordhash.Options{
			Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1},
			Import:   []passwordhash.Verifier{passwordhash.Bcrypt{}},
		},
	}
	if change != nil {
		change(&c, &o)
	}
	s.passwords = password.New(o)
	c.Providers = append(c.Providers, s.passwords)
	var err error
	if s.Auth, err = cardea.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.Auth)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") })
	mux.Handle("/private", s.Auth.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "private")
	})))
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		proof := cardea.Proof{UserID: r.FormValue("user"), Methods: []string{"fed"}}
		if _, err := s.Auth.SignIn(w, r, proof); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return s, mux
}

func (s *site) browser(t *testing.T) *cardeatest.Browser { return cardeatest.NewBrowser(t, s.URL) }

// user adds a user who has proven the address, with a password.
func (s *site) user(t testing.TB, address, text string) *cardea.User {
	t.Helper()
	u := &cardea.User{Name: "Ann", Email: address, EmailVerified: time.Now()}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := s.passwords.Set(t.Context(), u.ID, text); err != nil {
		t.Fatal(err)
	}
	return u
}

// signIn posts the form of the sign-in page, and returns where it leads.
func signIn(t *testing.T, b *cardeatest.Browser, address, text string) string {
	t.Helper()
	return post(t, b, "/callback/password", url.Values{"email": {address}, "password": {text}})
}

// post posts a form and returns the path and query of the page where it ends.
func post(t *testing.T, b *cardeatest.Browser, path string, form url.Values) string {
	t.Helper()
	res := b.Post(path, form)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`role="alert">\s*<svg.*\s*<span>([^<]*)`).FindSubmatch(body)
	if strings.Contains(res.Request.URL.Path, "/password/") && found != nil {
		return string(found[1])
	}
	if res.StatusCode == http.StatusTooManyRequests {
		return "RateLimited"
	}
	return res.Request.URL.RequestURI()
}

// mail waits for the first mail to an address with a subject, and returns the link in it.
func (s *site) mail(t *testing.T, to, subject string) string {
	t.Helper()
	return s.nthMail(t, to, subject, 1)
}

// nthMail waits for the n-th mail to an address with a subject, and returns the link in it. Mails
// leave after the answer, so those with other subjects may come before it or after it.
func (s *site) nthMail(t *testing.T, to, subject string, n int) string {
	t.Helper()
	for range 5000 {
		left := n
		for _, m := range s.mails.All() {
			if m.To != to || !strings.Contains(m.Subject, subject) {
				continue
			}
			if left--; left == 0 {
				return regexp.MustCompile(`https?://\S+`).FindString(m.Text)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("no mail %d %q to %s", n, subject, to)
	return ""
}

func open(t *testing.T, b *cardeatest.Browser, link string) (status int, at, body string) {
	t.Helper()
	res, err := b.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.RequestURI(), string(text)
}

func isSignedIn(b *cardeatest.Browser) bool { return b.Session() != nil }

// forManagers is the input by which a password manager learns whose password a form asks for.
const forManagers = `<input type="text" name="email" value="` + ann + `" autocomplete="username" hidden>`

// Nothing is stored before the address is proven. The link shows a form and uses nothing; the form
// stores user, address and password together, once.
func TestSignUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.browser(t)
	if at := post(t, b, "/password/signup", url.Values{"email": {" Ann@Example.com"}, "name": {"Ann"}}); at !=
		sentPage+"password_signup_mailed" {
		t.Fatalf("ended at %s", at)
	}
	link := s.mail(t, ann, "Sign up")
	if _, err := s.store.UserByEmail(t.Context(), ann); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("before the proof: %v", err)
	}
	scanner := s.browser(t)
	for range 3 { // a program that scans mails
		open(t, scanner, link)
	}
	status, at, body := open(t, b, link)
	if status != 200 || at != "/api/auth/password/choose" || !strings.Contains(body, `autocomplete="new-password"`) {
		t.Fatalf("%d %s: %s", status, at, body)
	}
	if !strings.Contains(body, forManagers) {
		t.Errorf("a password manager does not learn whose password it is: %s", body)
	}
	got := post(t, b, "/password/choose", url.Values{"password": {"too short"}})
	if got != "The password is too short." {
		t.Errorf("got %q", got)
	}
	if isSignedIn(b) {
		t.Error("signed in with a password that was refused")
	}
	if at := post(t, b, "/password/choose", url.Values{"password": {first}}); at != "/" || !isSignedIn(b) {
		t.Fatalf("ended at %s", at)
	}
	u, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil || u.Name != "Ann" || u.EmailVerified.IsZero() {
		t.Fatalf("got %+v, %v", u, err)
	}
	open(t, scanner, link)
	at = post(t, scanner, "/password/choose", url.Values{"password": {second}})
	if !strings.Contains(at, "Verification") {
		t.Errorf("the link again: ended at %s", at)
	}
	if b := s.browser(t); signIn(t, b, ann, first) != "/" || !isSignedIn(b) {
		t.Error("the password does not sign in")
	}
}

// Classes 9 and 19: a sign-up with an address that somebody has gets the same answer, and the owner
// a mail. So does one whose mail cannot be sent.
func TestAnswersDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	for path, subject := range map[string]string{
		"/password/signup": "You have an account", "/password/forgot": "A new password",
	} {
		answers := map[string]bool{}
		for i, address := range []string{ann, "nobody@example.com", "fails@example.com"} {
			if i == 2 {
				s.mail(t, ann, subject) // has left
				s.mails.Fail(errors.New("the server is away"))
			}
			b := s.browser(t)
			token := b.CSRFToken()
			b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			res := b.Post(path, url.Values{"email": {address}})
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			res.Header.Del("Date")
			answer := res.Status + strings.ReplaceAll(string(body), token, "")
			for _, name := range slices.Sorted(maps.Keys(res.Header)) {
				answer += name
				if name != "Set-Cookie" {
					answer += strings.Join(res.Header[name], ",")
				}
			}
			for _, c := range res.Cookies() {
				answer += c.Name
			}
			answers[answer] = true
		}
		s.mails.Fail(nil)
		if len(answers) != 1 {
			t.Errorf("%s: %d different answers: %v", path, len(answers), answers)
		}
	}
	answers := map[string]bool{}
	for _, typed := range [][2]string{
		{ann, "wrong"}, {"nobody@example.com", first}, {"not an address", first}, {ann, strings.Repeat("x", 5000)},
		{ann, "a\x00b"}, {ann, "null"},
	} {
		b := s.browser(t)
		answers[signIn(t, b, typed[0], typed[1])] = true
		if isSignedIn(b) {
			t.Errorf("%q signed in", typed)
		}
	}
	if len(answers) != 1 {
		t.Errorf("sign-in: %v", answers)
	}
	if log := s.log.text(); strings.Contains(log, "nobody@") || strings.Contains(log, first) {
		t.Errorf("the log has what was typed: %s", log)
	}
}

// Class 6: a user without a password has none that somebody could type (GO-2026-5557).
func TestUserWithoutPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if err := s.store.CreateUser(t.Context(), &cardea.User{Email: ann, EmailVerified: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"", "null", "undefined", "nil", " ", "$argon2id$", `""`, "\x00"} {
		if b := s.browser(t); signIn(t, b, ann, typed) == "/" || isSignedIn(b) {
			t.Errorf("%q signed in", typed)
		}
	}
}

// Classes 1 and 4: GO-2026-4575, -4551, -5222: a link works once, and with the new password every
// session and every other link ends. Nobody is signed in by it: a second factor is asked as ever.
func TestReset(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	elsewhere := s.browser(t)
	signIn(t, elsewhere, ann, first)
	b, other := s.browser(t), s.browser(t)
	post(t, b, "/password/forgot", url.Values{"email": {"ANN@example.com"}})
	link := s.mail(t, ann, "A new password")
	post(t, other, "/password/signup", url.Values{"email": {ann}})
	if _, at, _ := open(t, b, link); at != "/api/auth/password/choose" {
		t.Fatalf("the link leads to %s", at)
	}
	open(t, other, link)
	if at := post(t, b, "/password/choose", url.Values{"password": {second}}); at != signInPage+"password_reset" {
		t.Fatalf("ended at %s", at)
	}
	if isSignedIn(b) || isSignedIn(elsewhere) {
		t.Error("somebody is signed in")
	}
	at := post(t, other, "/password/choose", url.Values{"password": {first}})
	if !strings.Contains(at, "Verification") {
		t.Errorf("the second time: ended at %s", at)
	}
	if at := signIn(t, s.browser(t), ann, first); at == "/" {
		t.Error("the old password signs in")
	}
	if at := signIn(t, b, ann, second); at != "/" || !isSignedIn(b) {
		t.Errorf("the new password leads to %s", at)
	}
	s.mail(t, ann, "was changed")
}

// Class 2: GO-2026-4888: a link for a new password ends when the password changes in another way.
func TestResetLinkEndsWithAnotherChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, s *site, u *cardea.User){
		"changed": func(t *testing.T, s *site, u *cardea.User) {
			b := s.browser(t)
			signIn(t, b, ann, first)
			post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
		},
		"set by an administrator": func(t *testing.T, s *site, u *cardea.User) {
			if err := s.passwords.Set(t.Context(), u.ID, second); err != nil {
				t.Fatal(err)
			}
		},
		"written by another program": func(t *testing.T, s *site, u *cardea.User) {
			if err := s.store.SetPasswordHash(t.Context(), u.ID, "$2b$x", time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		},
		"another address": func(t *testing.T, s *site, u *cardea.User) {
			changed := *u
			changed.Email = "new@example.com"
			if err := s.store.UpdateUser(t.Context(), &changed); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			u := s.user(t, ann, first)
			b := s.browser(t)
			post(t, b, "/password/forgot", url.Values{"email": {ann}})
			open(t, b, s.mail(t, ann, "A new password"))
			change(t, s, u)
			at := post(t, b, "/password/choose", url.Values{"password": {"the third long sentence"}})
			if !strings.Contains(at, "Verification") {
				t.Errorf("ended at %s", at)
			}
			hash, _, err := s.store.PasswordHash(t.Context(), u.ID)
			h, _ := passwordhash.New(passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}})
			if ok, _ := h.Verify(t.Context(), hash, "the third long sentence"); ok || err != nil {
				t.Errorf("the link has set the password, %v", err)
			}
		})
	}
}

// The mail goes to the address that is stored, and a stranger's password for an address that was
// never proven is worth nothing after its owner has signed up.
func TestOwnerOfAnAddressGetsItWithoutTheStranger(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/password/signup", "/password/forgot"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			testOwnerOfAnAddress(t, newSite(t, nil), path)
		})
	}
}

func testOwnerOfAnAddress(t *testing.T, s *site, path string) {
	t.Helper()
	stranger := &cardea.User{Name: "Mallory", Email: ann}
	if err := s.store.CreateUser(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	if err := s.passwords.Set(t.Context(), stranger.ID, first); err != nil {
		t.Fatal(err)
	}
	mallory := s.browser(t)
	signIn(t, mallory, ann, first)
	b := s.browser(t)
	post(t, b, path, url.Values{"email": {ann}})
	open(t, b, s.mail(t, ann, "Sign up"))
	if at := post(t, b, "/password/choose", url.Values{"password": {second}}); at != "/" || !isSignedIn(b) {
		t.Fatalf("ended at %s", at)
	}
	u, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil || u.ID == stranger.ID {
		t.Fatalf("the owner is %+v, %v", u, err)
	}
	if at := signIn(t, s.browser(t), ann, first); at == "/" {
		t.Error("the stranger's password signs in")
	}
}

// GO-2026-4551: the other sessions end, and the own one goes on with another key.
func TestChange(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	b, elsewhere := s.browser(t), s.browser(t)
	signIn(t, b, ann, first)
	signIn(t, elsewhere, ann, first)
	for _, want := range []string{"Change the password", forManagers} {
		if _, _, body := open(t, b, s.URL+"/api/auth/account"); !strings.Contains(body, want) {
			t.Errorf("the account page has no %s: %s", want, body)
		}
	}
	for _, tt := range []struct{ current, next, want string }{
		{"wrong", second, "The current password is wrong."},
		{first, first, "This is the current password. Choose another one."},
		{first, "short", "The password is too short."},
		{first, "passwordpassword", "This password is one of the first that attackers try. Choose another one."},
		{first, "ann@example.com 1", "The password consists of your name, your address or words of this site. " +
			"Choose another one."},
	} {
		got := post(t, b, "/password/change", url.Values{"current": {tt.current}, "password": {tt.next}})
		if got != tt.want || !isSignedIn(elsewhere) {
			t.Errorf("%q: got %q", tt.next, got)
		}
	}
	at := post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
	if at != accountPage+"password_changed" || !isSignedIn(b) || isSignedIn(elsewhere) {
		t.Errorf("ended at %s; own session %v, other %v", at, isSignedIn(b), isSignedIn(elsewhere))
	}
	if at := signIn(t, s.browser(t), ann, first); at == "/" {
		t.Error("the old password signs in")
	}
	s.mail(t, ann, "was changed")
	// A user who has a password cannot set another one without it.
	post(t, b, "/password/set", url.Values{"password": {"the third long sentence"}})
	if signIn(t, s.browser(t), ann, second) != "/" {
		t.Error("the password was set without the current one")
	}
}

// Hashes of other systems sign in, and are replaced by the site's own.
func TestImportedHash(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := s.user(t, ann, first)
	hash, err := bcrypt.GenerateFromPassword([]byte(second), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.passwords.SetHash(t.Context(), u.ID, "$5$unknown$hash"); !errors.Is(err, passwordhash.ErrHash) {
		t.Errorf("an unknown hash: %v", err)
	}
	if err := s.passwords.SetHash(t.Context(), u.ID, string(hash)); err != nil {
		t.Fatal(err)
	}
	_, changed, _ := s.store.PasswordHash(t.Context(), u.ID)
	if at := signIn(t, s.browser(t), ann, second); at != "/" {
		t.Fatalf("ended at %s", at)
	}
	stored, again, err := s.store.PasswordHash(t.Context(), u.ID)
	if err != nil || !strings.HasPrefix(stored, "$argon2id$") || !again.Equal(changed) {
		t.Errorf("stored %q at %v, %v", stored, again, err)
	}
	if at := signIn(t, s.browser(t), ann, second); at != "/" {
		t.Errorf("with the new hash: %s", at)
	}
}

// Class 16: a sign-in with the old password that ends after the change does not win over it, and
// neither does the replacement of its hash.
func TestSignInRacesAChange(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		imported bool // and so replaced
		program  bool // another program writes the new hash, and ends no sessions
	}{
		"a hash of the site": {}, "a hash that is replaced": {imported: true},
		"changed by another program": {program: true}, "changed and replaced": {imported: true, program: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var change func()
			s := newSite(t, func(c *cardea.Config, _ *password.Options) {
				c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
					if change != nil {
						change()
					}
					return "", nil
				}
			})
			u := s.user(t, ann, first)
			if tt.imported {
				hash, err := bcrypt.GenerateFromPassword([]byte(first), bcrypt.MinCost)
				if err == nil {
					err = s.passwords.SetHash(t.Context(), u.ID, string(hash))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			change = sync.OnceFunc(func() {
				err := error(nil)
				if tt.program {
					other := s.user(t, "eve@example.com", second)
					hash, _, _ := s.store.PasswordHash(t.Context(), other.ID)
					err = s.store.SetPasswordHash(t.Context(), u.ID, hash, time.Now())
				} else {
					err = s.passwords.Set(t.Context(), u.ID, second)
				}
				if err != nil {
					t.Error(err)
				}
			})
			if b := s.browser(t); signIn(t, b, ann, first) == "/" || isSignedIn(b) {
				t.Error("the old password signed in")
			}
			if at := signIn(t, s.browser(t), ann, second); at != "/" {
				t.Errorf("the new password leads to %s", at)
			}
		})
	}
}

// GO-2026-4575: of 20 at once, one wins.
func TestResetAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.Hashing.Parallel = 10 })
	s.user(t, ann, first)
	post(t, s.browser(t), "/password/forgot", url.Values{"email": {ann}})
	link := s.mail(t, ann, "A new password")
	const all = 20
	ends := make(chan string, all)
	var wait sync.WaitGroup
	for range all {
		b := s.browser(t)
		open(t, b, link)
		wait.Go(func() { ends <- post(t, b, "/password/choose", url.Values{"password": {second}}) })
	}
	wait.Wait()
	won := 0
	for range all {
		switch at := <-ends; {
		case at == signInPage+"password_reset":
			won++
		case !strings.Contains(at, "Verification"):
			t.Errorf("ended at %s", at)
		}
	}
	if won != 1 {
		t.Errorf("%d have won", won)
	}
}

// Five wrong passwords are all that a client gets for an account, and for an address that no
// account has, with the same answer for both.
func TestTriesAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	for _, address := range []string{ann, "nobody@example.com"} {
		for i := range 6 {
			at := signIn(t, s.browser(t), address, "wrong")
			if limited := strings.Contains(at, "RateLimited"); limited != (i == 5) {
				t.Errorf("%s: try %d ended at %s", address, i+1, at)
			}
		}
	}
	if at := signIn(t, s.browser(t), strings.ToUpper(ann), first); at == "/" {
		t.Error("another spelling has tries of its own")
	}
}

// Each form costs a hash or a mail, so each has a limit, also for somebody who is signed in.
func TestEveryFormIsLimited(t *testing.T) {
	t.Parallel()
	forms := map[string]url.Values{
		"signup": {"email": {ann}}, "forgot": {"email": {ann}}, "choose": {"password": {second}},
		"set": {"password": {second}}, "change": {"current": {first}, "password": {first}}, "remove": {},
	}
	for path, form := range forms {
		s := newSite(t, nil)
		s.user(t, ann, first)
		b := s.browser(t)
		signIn(t, b, ann, first)
		tries := 0
		for tries < 100 && post(t, b, "/password/"+path, form) != "RateLimited" {
			tries++
		}
		if tries == 100 {
			t.Errorf("%s: %d forms, and no limit was reached", path, tries)
		}
	}
}

// What a session says about the user may be old, with StrategyJWT. The owner of the address reads
// the notice.
func TestNoticeGoesToTheAddressOfTheRow(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) { c.Session.Strategy = cardea.StrategyJWT })
	u := s.user(t, ann, first)
	b := s.browser(t)
	signIn(t, b, ann, first)
	u.Email = "new@example.com" // by an administrator
	if err := s.store.UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
	s.mail(t, "new@example.com", "was changed")
}

// Nobody can lock out the owner of an account: a browser in which the owner has signed in has tries
// of its own, until the password changes.
func TestOwnerIsNotLockedOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) {
		c.Limits.Client, c.Limits.AccountClient = ratelimit.InsecureUnlimited(), ratelimit.InsecureUnlimited()
	})
	u := s.user(t, ann, first)
	owner := s.browser(t)
	if at := signIn(t, owner, ann, first); at != "/" {
		t.Fatalf("the owner ended at %s", at)
	}
	flood := func() {
		for range 20 {
			signIn(t, s.browser(t), ann, "wrong")
		}
	}
	flood()
	if at := signIn(t, s.browser(t), ann, first); !strings.Contains(at, "RateLimited") {
		t.Errorf("another browser ended at %s", at)
	}
	owner.SignOut()
	if at := signIn(t, owner, ann, first); owner.Session() == nil {
		t.Errorf("the owner's browser ended at %s", at)
	}
	if err := s.passwords.Set(t.Context(), u.ID, second); err != nil {
		t.Fatal(err)
	}
	if at := signIn(t, owner, ann, second); !strings.Contains(at, "RateLimited") {
		t.Errorf("after a change of the password, the browser ended at %s", at)
	}
}

// The pages lead to each other, and have the names by which password managers fill in forms.
func TestPages(t *testing.T) {
	t.Parallel()
	for name, noSignUp := range map[string]bool{"open": false, "closed": true} {
		s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.NoSignUp = noSignUp })
		b := s.browser(t)
		_, _, body := open(t, b, s.URL+"/api/auth/signin")
		for want, has := range map[string]bool{
			`autocomplete="username"`: true, `autocomplete="current-password"`: true,
			`href="/api/auth/password/forgot"`: true, `href="/api/auth/password/signup"`: !noSignUp, "<script": false,
		} {
			if strings.Contains(body, want) != has {
				t.Errorf("%s: %s is %v on the sign-in page", name, want, !has)
			}
		}
		for path, want := range map[string]int{
			"forgot": http.StatusOK, "signup": http.StatusOK, "choose": http.StatusForbidden,
		} {
			if path == "signup" && noSignUp {
				want = http.StatusNotFound
			}
			if status, _, _ := open(t, b, s.URL+"/api/auth/password/"+path); status != want {
				t.Errorf("%s: %s has status %d", name, path, status)
			}
		}
	}
}

func TestNewNamesFaults(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*cardea.Config, *password.Options){
		"Options.From":                  func(_ *cardea.Config, o *password.Options) { o.From = "nobody" },
		"Options.Sender: is nil":        func(_ *cardea.Config, o *password.Options) { o.Sender = nil },
		"Options.Policy.MinLength":      func(_ *cardea.Config, o *password.Options) { o.Policy.MinLength = 4 },
		"Options.Hashing.Argon2id":      func(_ *cardea.Config, o *password.Options) { o.Hashing.Argon2id.Memory = 8 },
		"an Adapter that is a password": func(c *cardea.Config, _ *password.Options) { c.Adapter = nil },
	} {
		c := cardea.Config{Secret: strings.Repeat("s", 32), Adapter: memadapter.New()}
		o := password.Options{From: "a@example.com", Sender: &cardeatest.Mailbox{}}
		change(&c, &o)
		c.Providers = []cardea.Provider{password.New(o)}
		if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}
