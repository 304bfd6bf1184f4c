package account_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/internal/totp"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// writes is the transport of a browser that asks for some language.
type writes struct {
	acceptLanguage string
	http.RoundTripper
}

func (w writes) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", w.acceptLanguage)
	return w.RoundTripper.RoundTrip(r)
}

// notices are the mails of a site, by their kinds, such as "password changed".
type notices struct {
	mu   sync.Mutex
	sent map[string]email.Message
}

func (n *notices) add(kind string, m email.Message) (email.Message, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent[kind] = m
	return m, nil
}

func (n *notices) kinds() map[string]email.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.sent)
}

// kindsOf returns the kinds of mails that a package has, by its source.
func kindsOf(t *testing.T, name, file string) (kinds []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^\tMail\w+\s+MailKind = "(\w+)"`).FindAllSubmatch(text, -1) {
		kinds = append(kinds, name+" "+string(found[1]))
	}
	if len(kinds) == 0 {
		t.Fatalf("%s has no kinds of mails", file)
	}
	return kinds
}

// nameOf returns the name of a mail of the account page, by which its texts are found.
func nameOf(kind account.MailKind) string {
	switch kind {
	case account.MailLinked, account.MailUnlinked, account.MailDeletion, account.MailKept, account.MailDeleted:
		return "account " + string(kind)
	}
	return "address " + string(kind)
}

// asked are the mails that somebody asks for who reads them. They are in the language of the
// request alone. All others are notices to the owner of an account.
var asked = []string{"password signup", "password reset", "address confirm"}

// offered are the languages of the site. Its owners read German.
var offered = []string{"de", "en", "ja", "zh-Hans"}

// A stranger does everything that the owner of an account hears of, in a browser whose language the
// owner does not read. Each notice is in the first language of the site, too.
func TestOwnerCanReadEveryNotice(t *testing.T) {
	t.Parallel()
	want := slices.Concat(kindsOf(t, "password", "../password/mail.go"), kindsOf(t, "factor", "../factor/mail.go"))
	for _, kind := range kindsOf(t, "", "mail.go") {
		want = append(want, nameOf(account.MailKind(kind[1:])))
	}
	for accept, tag := range map[string]string{"ja, *;q=0": "ja", "zh-Hans;q=1, de;q=0": "zh-Hans", "xx, !!": "de"} {
		sent := doEverything(t, accept)
		set, err := language.Config{Offer: offered}.Set()
		if err != nil {
			t.Fatal(err)
		}
		first, own := set.All()[0], set.Match(tag)
		for _, kind := range want {
			m, ok := sent[kind]
			if !ok {
				t.Errorf("%s: no mail %q", accept, kind)
				continue
			}
			key := "mail." + strings.Replace(kind, " ", ".", 1)
			both := tag != "de" && !slices.Contains(asked, kind)
			if !says(m, own, key) || says(m, first, key) != (both || tag == "de") {
				t.Errorf("%s: %s is not in the right languages: %s\n%s", accept, kind, m.Subject, m.Text)
			}
			if n := strings.Count(m.Text, "* * *"); (n == 1) != both {
				t.Errorf("%s: %s is in %d languages", accept, kind, n+1)
			}
		}
	}
}

// says reports whether a mail has its subject and its texts in a language, up to what is filled in.
func says(m email.Message, t *language.Texts, key string) bool {
	for part, text := range map[string]string{"subject": m.Subject, "text": m.Text, "open": m.Text, "note": m.Text} {
		if t.Text(key+"."+part) == key+"."+part {
			continue // this mail has no such part
		}
		for _, p := range t.Parts(key + "." + part) {
			if !strings.Contains(text, p.Text) {
				return false
			}
		}
	}
	return true
}

// doEverything does what mails tell of, and returns the mails.
func doEverything(t *testing.T, acceptLanguage string) map[string]email.Message {
	t.Helper()
	const from = "Example <no-reply@example.com>"
	n, mails := &notices{sent: map[string]email.Message{}}, &cardeatest.Mailbox{}
	options := account.Options{
		From: from, Sender: mails, DeleteAfter: grace,
		Compose: func(_ context.Context, m account.Mail) (email.Message, error) {
			return n.add(nameOf(m.Kind), account.Compose(m))
		},
	}
	s := newSite(t, account.Options{}, func(c *cardea.Config) {
		c.Languages.Offer = offered
		c.Providers[0].(*oauth.Provider).LinkByVerifiedEmail = true
		c.Features = []cardea.Feature{account.New(options), factor.New(factor.Options{
			From: from, Sender: mails,
			Compose: func(_ context.Context, m factor.Mail) (email.Message, error) {
				return n.add("factor "+string(m.Kind), factor.Compose(m))
			},
		})}
		c.Providers = append(c.Providers, password.New(password.Options{
			From: from, Sender: mails,
			Hashing: passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}},
			Compose: func(_ context.Context, m password.Mail) (email.Message, error) {
				return n.add("password "+string(m.Kind), password.Compose(m))
			},
		}))
	})
	enter := func(hint string) *cardeatest.Browser {
		b := s.signIn(t, firefox, hint)
		b.Transport = writes{acceptLanguage, b.Transport}
		return b
	}
	waitFor := func(kinds ...string) {
		t.Helper()
		for range 10_000 {
			sent := n.kinds()
			if !slices.ContainsFunc(kinds, func(kind string) bool { _, ok := sent[kind]; return !ok }) {
				return
			}
			time.Sleep(2 * time.Millisecond) // mails leave after the answer
		}
		t.Fatalf("%s: of the mails %q some were not sent", acceptLanguage, kinds)
	}
	const first, second = "a long sentence for a test", "another long sentence for it"

	enter("idp-2") // so that there is another user
	b := enter("idp-1")
	b.SignIn("other", "other-3")
	posted(b, "/account/unlink", url.Values{"provider": {"other"}, "providerAccountId": {"other-3"}})
	waitFor("account linked", "account unlinked")
	b.Post("/password/signup", url.Values{"email": {annsOld}}).Body.Close()
	b.Post("/password/signup", url.Values{"email": {"somebody@example.com"}}).Body.Close()
	b.Post("/password/forgot", url.Values{"email": {annsOld}}).Body.Close()
	waitFor("password taken", "password signup", "password reset")
	b.Post("/password/set", url.Values{"password": {first}}).Body.Close()
	b.Post("/password/change", url.Values{"current": {first}, "password": {second}}).Body.Close()
	b.Post("/password/remove", nil).Body.Close()
	waitFor("password set", "password changed", "password removed")

	enrolment := body(t, b.Post("/factor/start", nil))
	secret, err := totp.ParseSecret(strings.ReplaceAll(
		regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`).FindStringSubmatch(enrolment)[1], " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	b.Post("/factor/enrol", url.Values{"code": {codeOf(secret, time.Now())}}).Body.Close()
	codes := regexp.MustCompile(`<li><code>([0-9A-Z-]{27})</code>`).FindStringSubmatch(
		body(t, b.Post("/factor/recovery-codes", nil)))
	if codes == nil {
		t.Fatal("no recovery codes")
	}
	other := cardeatest.NewBrowser(t, s.URL)
	other.Transport = writes{acceptLanguage, other.Transport}
	res, err := other.Get(s.URL + "/enter?user=" + url.QueryEscape(userID(t, s, annsOld))) // waits for the factor
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	other.Post("/factor/recovery", url.Values{"code": {codes[1]}}).Body.Close()
	factors, err := s.store.Factors(t.Context(), userID(t, s, annsOld))
	if err != nil || len(factors) != 1 {
		t.Fatal(factors, err)
	}
	waitFor("factor recovery")
	b = other
	b.Post("/factor/remove", url.Values{"id": {factors[0].ID}}).Body.Close()
	waitFor("factor added", "factor codes", "factor removed")

	b = enter("idp-1")
	b.Post("/account/address", url.Values{"email": {bens}}).Body.Close()
	b.Post("/account/address", url.Values{"email": {annsNew}}).Body.Close()
	waitFor("address asked", "address taken", "address confirm")
	follow(t, b, mailTo(t, mails, annsNew, "", 1))
	posted(b, confirmPath, nil)
	waitFor("address changed", "address new")
	follow(t, b, regexp.MustCompile(`https?://\S+`).FindString(n.kinds()["address changed"].Text))
	posted(b, undoPath, nil)
	waitFor("address restored")

	b = enter("idp-1")
	posted(b, "/account/delete", url.Values{"confirm": {annsOld}})
	posted(b, "/account/keep", nil)
	waitFor("account deletion", "account kept")
	options.DeleteAfter = 0
	at := newSite(t, options, func(c *cardea.Config) { c.Languages.Offer = offered })
	b = at.signIn(t, firefox, "idp-1")
	b.Transport = writes{acceptLanguage, b.Transport}
	posted(b, "/account/delete", url.Values{"confirm": {annsOld}})
	waitFor("account deleted")
	return n.kinds()
}

// codeOf returns the code of a secret at a time (RFC 6238 § 4, RFC 4226 § 5.3).
func codeOf(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & (1<<31 - 1)
	return fmt.Sprintf("%06d", number%1000000)
}
