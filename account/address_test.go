package account_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	annsOld = "ann@example.com"
	annsNew = "ann@new.example"
	bens    = "ben@example.com"

	openPath    = "/api/auth/account/address/open"
	confirmPath = "/account/address/confirm"
	undoPath    = "/account/address/undo"
)

// newAddressSite is a site where people can change their address, and its mails. It trusts the
// first provider with addresses.
func newAddressSite(t *testing.T, change ...func(*cardea.Config)) (*site, *cardeatest.Mailbox) {
	t.Helper()
	mails := &cardeatest.Mailbox{}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: mails}
	trust := func(c *cardea.Config) { c.Providers[0].(*oauth.Provider).LinkByVerifiedEmail = true }
	return newSite(t, o, append(change, trust)...), mails
}

// mailTo waits for the n-th mail to an address whose subject has a part, and returns its link.
func mailTo(t *testing.T, mails *cardeatest.Mailbox, to, subject string, n int) string {
	t.Helper()
	for range 5000 {
		found := 0
		for _, m := range mails.All() {
			if m.To != to || !strings.Contains(m.Subject, subject) {
				continue
			}
			if found++; found == n {
				return regexp.MustCompile(`https?://\S+`).FindString(m.Text)
			}
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	t.Fatalf("no mail %q to %s", subject, to)
	return ""
}

// follow opens a link, and returns the page where it ends.
func follow(t *testing.T, b *cardeatest.Browser, link string) (at, text string) {
	t.Helper()
	res, err := b.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	return res.Request.URL.RequestURI(), body(t, res)
}

// posted posts a form, and returns where it ends.
func posted(b *cardeatest.Browser, path string, form url.Values) string {
	res := b.Post(path, form)
	res.Body.Close()
	return res.Request.URL.RequestURI()
}

// ask asks for another address, and returns the link that the new address gets.
func ask(t *testing.T, b *cardeatest.Browser, mails *cardeatest.Mailbox, address string) string {
	t.Helper()
	at := posted(b, "/account/address", url.Values{"email": {address}})
	if at != "/api/auth/verify-request?success=address_mailed" {
		t.Fatalf("asked: ended at %s", at)
	}
	return mailTo(t, mails, address, "Confirm", 1)
}

// move changes the address of whoever is signed in.
func move(t *testing.T, b *cardeatest.Browser, mails *cardeatest.Mailbox, address string) {
	t.Helper()
	follow(t, b, ask(t, b, mails, address))
	if at := posted(b, confirmPath, nil); !strings.HasPrefix(at, "/api/auth/account") {
		t.Fatalf("confirmed: ended at %s", at)
	}
}

func addressOf(t *testing.T, s *site, id string) string {
	t.Helper()
	u, err := s.store.UserByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return u.Email
}

// The address changes when the link to the new one is opened by the user, once, and not before. The
// old one is told before and after. The own session goes on, and knows the new address.
func TestChangeOfTheAddress(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s, mails := newAddressSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
			ann, phone := s.signIn(t, firefox, "idp-1"), s.signIn(t, safari, "idp-1")
			ben := s.signIn(t, firefox, "idp-2")
			id := userID(t, s, annsOld)
			link := ask(t, ann, mails, annsNew)
			mailTo(t, mails, annsOld, "Request to change your address", 1)
			nobody := cardeatest.NewBrowser(t, s.URL)
			if at, text := follow(t, nobody, link); strings.Contains(text, annsNew) {
				t.Errorf("opened by nobody: %s", at)
			}
			nobody.Post(confirmPath, nil)
			if at, _ := follow(t, ben, link); !strings.Contains(at, "Verification") {
				t.Errorf("opened by another user: %s", at)
			}
			ben.Post(confirmPath, nil)
			follow(t, ann, link)
			if got := addressOf(t, s, id); got != annsOld {
				t.Fatalf("the address is %s before the form was sent", got)
			}
			at, text := follow(t, ann, link)
			if at != "/api/auth"+confirmPath || !strings.Contains(text, annsNew) || strings.Contains(text, "token=") {
				t.Errorf("the link: %s, %s", at, text)
			}
			if at := posted(ann, confirmPath, nil); at != "/api/auth/account?success=address_changed" {
				t.Errorf("ended at %s", at)
			}
			u, err := s.store.UserByID(t.Context(), id)
			if err != nil || u.Email != annsNew || time.Since(u.EmailVerified) > time.Hour {
				t.Errorf("got %+v, %v", u, err)
			}
			own := ann.Session()
			user, _ := own["user"].(map[string]any)
			if user["email"] != annsNew || phone.Session() != nil || ben.Session() == nil {
				t.Errorf("sessions: own %+v, other %v, stranger's %v", own, phone.Session(), ben.Session())
			}
			wants(t, show(t, ann), annsNew)
			mailTo(t, mails, annsOld, "was changed", 1)
			mailTo(t, mails, annsNew, "was changed", 1)
			if at, _ := follow(t, ann, link); !strings.Contains(at, "Verification") {
				t.Errorf("the link again: %s", at)
			}
		})
	}
}

// Verification tokens of all kinds are in one table. Whoever leaves an address that is spelled like
// the identifier of somebody else's token ends none of that.
func TestChangeFromWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	b := s.signIn(t, "", "")
	u, err := s.store.UserByID(t.Context(), userID(t, s, annsOld))
	if err != nil {
		t.Fatal(err)
	}
	token := &cardea.VerificationToken{Identifier: "pending:ben@x", Token: "hash", Expires: time.Now().Add(time.Hour)}
	u.Email, u.EmailVerified = token.Identifier, time.Time{}
	err = errors.Join(s.store.UpdateUser(t.Context(), u), s.store.CreateVerificationToken(t.Context(), token))
	if err != nil {
		t.Fatal(err)
	}
	move(t, b, mails, annsNew)
	if got := addressOf(t, s, u.ID); got != annsNew {
		t.Errorf("the address is %s", got)
	}
	if _, err := s.store.ConsumeVerificationToken(t.Context(), token.Identifier, token.Token); err != nil {
		t.Errorf("the token of somebody else: %v", err)
	}
}

// The answer does not say whether somebody has the new address; its owner gets a mail.
func TestChangeToAnAddressOfAnotherUser(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	ann := s.signIn(t, firefox, "idp-1")
	s.signIn(t, firefox, "idp-2")
	id := userID(t, s, annsOld)
	free, taken := ann.Post("/account/address", url.Values{"email": {"free@example.com"}}),
		ann.Post("/account/address", url.Values{"email": {" Ben@Example.com"}})
	if free.StatusCode != taken.StatusCode || free.Request.URL.String() != taken.Request.URL.String() ||
		body(t, free) != body(t, taken) {
		t.Errorf("the answers differ: %s, %s", free.Request.URL, taken.Request.URL)
	}
	mailTo(t, mails, bens, "Your address", 1)
	mailTo(t, mails, annsOld, "Request to change your address", 2)
	for _, m := range mails.All() {
		if m.To == bens && strings.Contains(m.Text, "open?") {
			t.Error("the owner of the address got a link to change the address of another user")
		}
	}

	// Somebody else gets the address between the mail and the click.
	link := ask(t, ann, mails, annsNew)
	other := &cardea.User{Email: annsNew, EmailVerified: time.Now()}
	if err := s.store.CreateUser(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	follow(t, ann, link)
	wants(t, body(t, ann.Post(confirmPath, nil)), `role="alert"`, "cannot be changed to this one")
	if addressOf(t, s, id) != annsOld || addressOf(t, s, other.ID) != annsNew || ann.Session() == nil {
		t.Error("something has changed")
	}
}

// CVE-2026-32700: a link changes the address only if it is still the one that was changed.
func TestAddressChangedBetweenMailAndClick(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	ann := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	link := ask(t, ann, mails, annsNew)
	u, err := s.store.UserByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	u.Email = "ann@third.example" // by an administrator
	if err := s.store.UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	follow(t, ann, link)
	if at := posted(ann, confirmPath, nil); !strings.Contains(at, "Verification") || addressOf(t, s, id) != u.Email {
		t.Errorf("ended at %s with %s", at, addressOf(t, s, id))
	}
	// The newest request counts.
	first := ask(t, ann, mails, "one@example.com")
	ask(t, ann, mails, "two@example.com")
	if at, _ := follow(t, ann, first); !strings.Contains(at, "Verification") {
		t.Errorf("the link of an older request: %s", at)
	}
}

// Sudhodanan and Paverd 2022, "unexpired email change": a stranger registers the address of the
// victim, asks for a change to an own one, and waits. When the victim proves the address, the link
// ends. The victim's address was not proven, so it got no link to take the account.
func TestPendingChangeEndsWithTheFirstProof(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	u := &cardea.User{Email: annsOld}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	stranger := s.enter(t, u.ID)
	link := ask(t, stranger, mails, "stranger@example.com")
	for _, m := range mails.All() {
		if m.To == annsOld {
			t.Errorf("an address that was never proven got the mail %q", m.Subject)
		}
	}
	ann := s.signIn(t, firefox, "idp-1")
	if got := userID(t, s, annsOld); got != u.ID || stranger.Session() != nil {
		t.Fatalf("the victim is %s, want %s; the stranger is signed in: %v", got, u.ID, stranger.Session())
	}
	follow(t, ann, link) // even the victim's own browser cannot use it
	if at := posted(ann, confirmPath, nil); !strings.Contains(at, "Verification") || addressOf(t, s, u.ID) != annsOld {
		t.Errorf("ended at %s with %s", at, addressOf(t, s, u.ID))
	}
}

// revoked is a feature that notes for whom its credentials are revoked.
type revoked struct {
	mu    sync.Mutex
	since map[string]time.Time
}

func (*revoked) FeatureID() string { return "revoked" }

func (r *revoked) Install(h *cardea.Host) error {
	h.Rows(feature.Rows{Delete: noDelete, Revoke: func(_ context.Context, id string, since time.Time) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.since[id] = since
		return nil
	}})
	return nil
}

// The owner of the old address takes the account back, whatever the stranger has done since: other
// changes of the address, other ways in, the end of all sessions and links. The stranger's own link
// to undo a change is worthless then.
func TestUndo(t *testing.T) {
	t.Parallel()
	rows := &revoked{since: map[string]time.Time{}}
	s, mails := newAddressSite(t, func(c *cardea.Config) { c.Features = append(c.Features, rows) })
	begin := time.Now().Add(-time.Second)
	stranger := s.signIn(t, firefox, "idp-1") // with a stolen password, say
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "one@example.com")
	asked, changed := mailTo(t, mails, annsOld, "Request to change", 1), mailTo(t, mails, annsOld, "was changed", 1)
	stranger.SignIn("other", "other-3")
	move(t, stranger, mails, "two@example.com")
	strangers := mailTo(t, mails, "one@example.com", "was changed", 2)
	if _, err := s.auth.EndSessions(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	stranger.SignIn("other", "other-3")

	b := cardeatest.NewBrowser(t, s.URL)
	for range 2 { // a program that scans mails
		follow(t, b, changed)
	}
	at, text := follow(t, b, changed)
	if at != "/api/auth"+undoPath || addressOf(t, s, id) != "two@example.com" {
		t.Fatalf("the link: %s, %s", at, text)
	}
	wants(t, body(t, b.Post(undoPath, nil)), "yours again")
	u, err := s.store.UserByID(t.Context(), id)
	if err != nil || u.Email != annsOld || u.EmailVerified.IsZero() {
		t.Errorf("got %+v, %v", u, err)
	}
	accounts, err := s.store.Accounts(t.Context(), id)
	if err != nil || len(accounts) != 1 || accounts[0].Provider != "idp" {
		t.Errorf("accounts %v, %v, want the one of before", accounts, err)
	}
	if stranger.Session() != nil {
		t.Error("the stranger is still signed in")
	}
	rows.mu.Lock()
	since, called := rows.since[id]
	rows.mu.Unlock()
	if !called || since.Before(begin) || since.After(time.Now()) {
		t.Errorf("revoked: %v since %v", called, since)
	}
	mailTo(t, mails, annsOld, "the old one again", 1)
	for name, link := range map[string]string{"the same": changed, "the first mail": asked, "stranger's": strangers} {
		if at, _ := follow(t, b, link); !strings.Contains(at, "Verification") {
			t.Errorf("the link again (%s): %s", name, at)
		}
	}
}

// A change that is only pending ends too. The links end with the user.
func TestUndoWhilePending(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	link := ask(t, stranger, mails, annsNew)
	b := cardeatest.NewBrowser(t, s.URL)
	follow(t, b, mailTo(t, mails, annsOld, "Request to change", 1))
	wants(t, body(t, b.Post(undoPath, nil)), "yours again")
	if addressOf(t, s, id) != annsOld || stranger.Session() != nil {
		t.Error("the stranger has the account")
	}
	ann := s.signIn(t, firefox, "idp-1")
	if at, _ := follow(t, ann, link); !strings.Contains(at, "Verification") {
		t.Errorf("the link to the new address: %s", at)
	}
	ask(t, ann, mails, "three@example.com")
	undo := mailTo(t, mails, annsOld, "Request to change", 2)
	if err := s.auth.DeleteUser(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if at, _ := follow(t, b, undo); !strings.Contains(at, "Verification") {
		t.Errorf("the link of a user who is deleted: %s", at)
	}
}

// Of 50 uses of a link at once one wins, and of two users who want the same address one gets it.
func TestChangesOfTheAddressAtOnce(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	ann, ben := s.signIn(t, firefox, "idp-1"), s.signIn(t, firefox, "idp-2")
	id := userID(t, s, annsOld)
	follow(t, ann, ask(t, ann, mails, annsNew))
	ann.CSRFToken()
	atOnce(50, func(int) { ann.Post(confirmPath, nil) })
	if got := addressOf(t, s, id); got != annsNew {
		t.Errorf("the address is %s", got)
	}
	follow(t, cardeatest.NewBrowser(t, s.URL), mailTo(t, mails, annsOld, "was changed", 1))
	mailTo(t, mails, annsNew, "was changed", 1)

	ann = s.signIn(t, firefox, "idp-1")
	both := []*cardeatest.Browser{ann, ben}
	const wanted = "wanted@example.com"
	for i, b := range both {
		posted(b, "/account/address", url.Values{"email": {wanted}})
		follow(t, b, mailTo(t, mails, wanted, "Confirm", i+1))
		b.CSRFToken()
	}
	atOnce(2, func(i int) { both[i].Post(confirmPath, nil) })
	if a, b := addressOf(t, s, id), userID(t, s, bens); (a == wanted) == (b == "") {
		t.Errorf("the address of Ann is %s, Ben has the old one: %v", a, b != "")
	}
	won := 0
	for _, m := range mails.All() {
		if strings.Contains(m.Subject, "was changed") && (m.To == annsNew || m.To == wanted) {
			won++
		}
	}
	if won > 3 { // for the first change one; for the second one to each address, and Ann's old one is annsNew
		t.Errorf("%d mails about two changes", won)
	}
}

func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func TestChangeOfTheAddressIsRefused(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	ann := s.signIn(t, firefox, "idp-1")
	for typed, want := range map[string]string{
		"": "not an email address", "ann": "not an email address", "a@b@c": "not an email address", annsOld: "already",
		" ANN@example.com": "already", strings.Repeat("a", 300) + "@example.com": "not an email address",
	} {
		res := ann.Post("/account/address", url.Values{"email": {typed}})
		if text := body(t, res); res.StatusCode != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%q: %s of %s", typed, res.Status, res.Request.URL)
		}
	}
	for _, path := range []string{confirmPath, undoPath} {
		if at := posted(ann, path, nil); !strings.Contains(at, "Verification") {
			t.Errorf("%s without a link: %s", path, at)
		}
		for _, token := range []string{"", "x", strings.Repeat("A", 4000)} {
			for _, kind := range []string{"address-undo", "address-change", "password-reset", ""} {
				follow(t, ann, s.URL+openPath+"?kind="+kind+"&token="+token)
				if at := posted(ann, path, nil); !strings.Contains(at, "error") {
					t.Errorf("%s with the token %.5q of %q: %s", path, token, kind, at)
				}
			}
		}
	}
	for range 5 {
		posted(ann, "/account/address", url.Values{"email": {annsNew}})
	}
	res := ann.Post("/account/address", url.Values{"email": {annsNew}})
	if res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the sixth request in an hour: %s", res.Status)
	}

	mails.Fail(errors.New("the mail server is away"))
	if at := posted(s.signIn(t, firefox, "idp-2"), "/account/address", url.Values{"email": {"free@example.com"}}); at !=
		"/api/auth/verify-request?success=address_mailed" {
		t.Errorf("with a mail server that is away: %s", at)
	}
}
