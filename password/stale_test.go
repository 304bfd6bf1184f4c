package password_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// heldKind are hashes of another system. The check of each waits until the test lets it go, so that
// nothing else is computed meanwhile.
type heldKind struct {
	prefix string // what follows is the password
	began  chan struct{}
	goOn   chan struct{}
}

func (k heldKind) Parse(stored string) (*passwordhash.Check, error) {
	text, ok := strings.CutPrefix(stored, k.prefix)
	if !ok {
		return nil, nil
	}
	return &passwordhash.Check{Matches: func(typed string) bool {
		select {
		case k.began <- struct{}{}:
		default:
		}
		<-k.goOn
		return typed == text
	}}, nil
}

// A hash of another system is replaced when its password is known. That can wait: whoever has typed
// the right password is signed in while others take all the room for hashes.
func TestSignInDoesNotWaitForTheReplacementOfAHash(t *testing.T) {
	t.Parallel()
	anns := heldKind{"held-a:", make(chan struct{}, 1), make(chan struct{})}
	bens := heldKind{"held-b:", make(chan struct{}, 1), make(chan struct{})}
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		none := ratelimit.InsecureUnlimited()
		c.Limits.Client, c.Limits.Address, c.Limits.Site = none, none, none
		c.Limits.Account, c.Limits.AccountClient = none, none
		o.Hashing.Parallel, o.Hashing.Import = 1, []passwordhash.Verifier{anns, bens}
	})
	owner, other := s.user(t, ann, first), s.user(t, "ben@example.com", first)
	for id, hash := range map[string]string{owner.ID: "held-a:" + first, other.ID: "held-b:" + first} {
		if err := s.passwords.SetHash(t.Context(), id, hash); err != nil {
			t.Fatal(err)
		}
	}
	b, crowd := s.browser(t), s.browser(t)
	csrf := crowd.CSRFToken()
	ended := make(chan string, 1)
	go func() { ended <- signIn(t, b, ann, first) }()
	<-anns.began

	// Others come until one is refused: then all places where hashes wait are taken.
	answers := make(chan int, 40)
	for range cap(answers) {
		go func() {
			form := url.Values{"email": {"ben@example.com"}, "password": {first}, "csrfToken": {csrf}}
			res := crowd.Post("/callback/password", form)
			res.Body.Close()
			answers <- res.StatusCode
		}()
	}
	if status := <-answers; status != http.StatusServiceUnavailable {
		t.Errorf("status %d beside a hash that is computed", status)
	}
	close(anns.goOn)
	select {
	case at := <-ended:
		if b.Session() == nil {
			t.Errorf("not signed in: ended at %s", at)
		}
	case <-time.After(20 * time.Second):
		t.Error("a sign-in with the right password waits for other hashes")
	}
	close(bens.goOn)
	if t.Failed() {
		return
	}
	for n := 1; n < cap(answers); n++ {
		<-answers
	}
	if at := signIn(t, s.browser(t), ann, first); strings.Contains(at, "error") {
		t.Errorf("the next sign-in ended at %s", at)
	}
	if hash, _, err := s.store.PasswordHash(t.Context(), owner.ID); !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("the next sign-in has left %.9q, %v", hash, err)
	}
}
