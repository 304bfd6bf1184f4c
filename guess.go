package cardea

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Guess counts one try to sign in as an account with something that can be guessed, such as a
// password. Account is the name as the visitor has typed it; if it is empty, only the client
// counts. Call Guess before the check, so that concurrent tries do not pass together. If a limit of
// [Config.Limits] is used up, the error is an [Error] with CodeRateLimited to return from the
// handler, whether or not the account exists.
//
// The limits are Client, AccountClient and Account. A browser in which the account has signed in
// before has a limit of its own, like Account, instead of all three, so that nobody can lock out
// the owner of an account.
func (h *Host) Guess(ctx context.Context, account string) (feature.Guess, error) {
	e := requestOf(ctx, h)
	if e == nil {
		return nil, errNoRequest
	}
	g := &guess{exchange: e, account: sameName(account)}
	g.device = g.knownDevice()
	return g, g.take(ctx, g.budgets()...)
}

// sameName returns a text that is the same for all spellings of a name that a check may take for
// one account: case, spaces, accents, invisible characters and compatibility forms do not count
// (Unicode Standard Annex #15, form NFKD). Two accounts that it takes for one share a limit.
func sameName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn) {
			return -1
		}
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			if next < r {
				r = next
			}
		}
		return r
	}, norm.NFKD.String(name))
}

// guess is one try to sign in with something that can be guessed.
type guess struct {
	exchange   *exchange
	account    string // a key; see sameName
	device     *device
	credential string // a hash of what Known was told
	taken      []budget
}

// take counts the try in budgets.
func (g *guess) take(ctx context.Context, budgets ...budget) error {
	err := g.exchange.auth.counter.take(ctx, g.exchange.now, budgets...)
	if err == nil {
		g.taken = append(g.taken, budgets...)
	}
	return err
}

// budgets are those of the device or, if it is not known, of the client and the account. The first
// is that of the client and the account together: who has used it up uses up nothing of others.
func (g *guess) budgets() []budget {
	limits := g.exchange.auth.config.Limits
	if g.device != nil {
		return []budget{{"Limits.Account", "device " + g.device.id, limits.Account}}
	}
	budgets := g.exchange.clientBudgets("Limits.Client", "", limits.Client)
	if g.account == "" {
		return budgets
	}
	return append(append([]budget{g.ofBoth()}, budgets...),
		budget{"Limits.Account", "name " + g.account, limits.Account})
}

// ofBoth is the budget of the client and the account together.
func (g *guess) ofBoth() budget {
	client := g.exchange.auth.origins.proxies.networksOf(g.exchange.r)[0].name
	return budget{"Limits.AccountClient", client + " " + g.account, g.exchange.auth.config.Limits.AccountClient}
}

// Known counts the try for the user, so that all names of the user share a limit. A device that is
// not the user's, or that knows an earlier credential, is not known after all.
func (g *guess) Known(ctx context.Context, userID, credential string) error {
	g.credential = g.hash("credential\x00" + userID + "\x00" + credential)
	if g.device != nil && g.device.userID == userID && g.device.credential == g.credential {
		return nil
	}
	if g.device != nil {
		g.device = nil
		if err := g.take(ctx, g.budgets()...); err != nil {
			return err
		}
	}
	subject := "user " + userID
	if userID == "" {
		subject = "nobody " + g.account
	}
	return g.take(ctx, budget{"Limits.Account", subject, g.exchange.auth.config.Limits.Account})
}

// Right takes the try back, and makes the browser a device of the user.
func (g *guess) Right(ctx context.Context, userID string) {
	g.exchange.auth.counter.give(ctx, g.taken...)
	if g.account != "" {
		g.exchange.auth.counter.reset(ctx, g.ofBoth())
		g.remember(userID)
	}
}

// hash returns a short hash that nobody can compute without the secret of the site.
func (g *guess) hash(text string) string {
	mac := hmac.New(sha256.New, []byte(g.exchange.auth.config.Secret))
	mac.Write([]byte("device\x00" + text))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// device is a browser in which a user has signed in with something that can be guessed (OWASP,
// "Slow Down Online Guessing Attacks with Device Cookies"; ASVS 5.0, 6.1.1).
type device struct {
	id, userID string
	credential string   // a hash of the credential
	names      []string // hashes of the names with which the user has signed in here, the latest first
}

const (
	deviceMaxAge = 365 * 24 * time.Hour
	maxNames     = 4
	devicePlace  = "device cookie"
)

// device returns what the cookie of the browser says, and nil if it has none that counts.
func (g *guess) knownDevice() *device {
	d := g.storedDevice()
	if d == nil || g.account == "" || !slices.Contains(d.names, g.hash("name\x00"+g.account)) {
		return nil
	}
	return d
}

func (g *guess) storedDevice() *device {
	e := g.exchange
	opened, err := e.auth.sealer.OpenShort(devicePlace, e.jar.Get(e.names.Device()))
	if err != nil {
		return nil
	}
	issued, _ := opened["t"].(interface{ Int64() (int64, error) })
	if issued == nil {
		return nil
	}
	at, err := issued.Int64()
	if age := e.now.Sub(time.Unix(at, 0)); err != nil || age > deviceMaxAge {
		return nil
	}
	d := &device{}
	d.id, _ = opened["i"].(string)
	d.userID, _ = opened["u"].(string)
	d.credential, _ = opened["c"].(string)
	names, _ := opened["n"].([]any)
	for _, n := range names {
		name, _ := n.(string)
		d.names = append(d.names, name)
	}
	return d
}

// remember sets the cookie of the device. If there is too little room in the browser's cookies, the
// next sign-in tries again.
func (g *guess) remember(userID string) {
	e, d := g.exchange, g.storedDevice()
	if d == nil || d.userID != userID || d.credential != g.credential {
		d = &device{id: rand.Text(), userID: userID, credential: g.credential}
	}
	name := g.hash("name\x00" + g.account)
	d.names = append([]string{name}, slices.DeleteFunc(d.names, func(n string) bool { return n == name })...)
	d.names = d.names[:min(len(d.names), maxNames)]
	value, err := e.auth.sealer.Short(devicePlace, map[string]any{
		"i": d.id, "u": d.userID, "c": d.credential, "n": d.names, "t": e.now.Unix(),
	})
	if err != nil {
		return
	}
	c := cookie.Cookie{
		Name: e.names.Device(), Value: value, MaxAge: int(deviceMaxAge.Seconds()), Expires: e.now.Add(deviceMaxAge),
	}
	if e.jar.Set(c) == nil && !(cookieRoom{e}).hasRoom() {
		e.jar.Clear(c.Name)
	}
	writeJar(e)
}

// countsGuesses reports whether a way to sign in is a form whose content can be guessed.
func countsGuesses(m signInMethod) bool {
	way, ok := m.(*wayMethod)
	return m.info().provesEmail || m.info().storesCredentials || ok && (way.isForm() || len(way.way.Fields) > 0)
}

// isUnlimited reports whether a rate allows everything; see [ratelimit.InsecureUnlimited].
func isUnlimited(l ratelimit.Rate) bool {
	return l.Count > 0 && l.Within/time.Duration(l.Count) < time.Microsecond
}
