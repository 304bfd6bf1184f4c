package gormadapter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/go-sql-driver/mysql"
)

// The adapter reads, extends and writes a database that the Node adapter made and filled, without a
// migration, and the Node adapter reads it again. Some rows have empty or unusual values: see
// testdata/node/make.mjs.
func TestSharedDatabaseWithTheNodeAdapter(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newShared(t, e)
			t.Run("Cardea reads users", s.readsUsers)
			t.Run("Cardea reads accounts", s.readsAccounts)
			t.Run("Cardea reads sessions", s.readsSessions)
			t.Run("verification tokens work once, on whichever side", s.consumesTokens)
			t.Run("Cardea knows a Node user's visitor", s.knowsVisitor)
			t.Run("a Node user signs in at Cardea", s.signsInNodeUser)
			t.Run("a new user signs in at Cardea", s.signsInNewUser)
			t.Run("Node users prove their addresses at Cardea", s.provesAddresses)
			t.Run("Cardea unlinks a Node user's account", s.unlinks)
			t.Run("Node reads what Cardea wrote", s.writes)
			t.Run("expired sessions end on both sides", s.expires)
			t.Run("Cardea deletes a Node user", s.deletes)
		})
	}
}

// shared is a database that a Node application and one with Cardea both use.
type shared struct {
	node     nodeScripts
	dsn      string                    // as Node reads it
	kept     func(time.Time) time.Time // the precision of the columns
	caseless bool                      // the collation ignores case
	made     made
	adapter  *gormadapter.Adapter
	site     *site
	mails    *cardeatest.Mailbox
}

func newShared(t *testing.T, e engine) *shared {
	t.Helper()
	s := &shared{node: installed(t), kept: truncatedTo(time.Millisecond)}
	options := e.empty(t)
	s.dsn = nodeDSN(t, options)
	switch kindOf(t, options) { // MikroORM's datetime stores whole seconds
	case "mariadb":
		s.kept, s.caseless = truncatedTo(time.Second), true
	case "mysql":
		s.kept, s.caseless = func(t time.Time) time.Time { return t.Round(time.Second) }, true
	}
	s.node.run(t, &s.made, "", "make.mjs", s.dsn)
	a, err := gormadapter.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	s.serves(t, a)
	return s
}

// serves starts the application with Cardea.
func (s *shared) serves(t *testing.T, a *gormadapter.Adapter) {
	t.Helper()
	s.adapter, s.mails = a, new(cardeatest.Mailbox)
	s.site = newSite[gormadapter.User](t, a, func(c *cardea.Config) {
		c.Session.InsecureStoreRawTokens = true
		google := c.Providers[0].(*oauth.Provider)
		google.ID = "google" // where a Node user has an account
		google.LinkByVerifiedEmail = true
		c.Providers = append(c.Providers, email.New(email.Options{From: "a@example.com", Sender: s.mails}))
	}, nil)
}

func truncatedTo(d time.Duration) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.Truncate(d) }
}

// nodeDSN is the database of the options as the scripts read it.
func nodeDSN(t *testing.T, o gormadapter.Options) string {
	t.Helper()
	switch kindOf(t, o) {
	case "sqlite":
		return strings.TrimSuffix(strings.TrimPrefix(o.DBName, "file:"), longWait)
	case "postgresql":
		return o.DSN
	}
	config, err := mysql.ParseDSN(o.DSN)
	if err != nil {
		t.Fatal("the DSN cannot be read")
	}
	u := url.URL{
		Scheme: kindOf(t, o), User: url.UserPassword(config.User, config.Passwd), Host: config.Addr,
		Path: "/" + config.DBName,
	}
	if config.Passwd == "" {
		u.User = url.User(config.User)
	}
	return u.String()
}

// nodeScripts is the folder with the scripts and the packages that they need.
type nodeScripts struct{ folder string }

var installation sync.Mutex

// installed returns the scripts with the packages of the lock file.
func installed(t *testing.T) nodeScripts {
	t.Helper()
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("there is no %s, which the Node adapter needs", command)
		}
	}
	n := nodeScripts{filepath.Join("testdata", "node")}
	installation.Lock()
	defer installation.Unlock()
	if !n.outdated(t) {
		return n
	}
	npm := exec.Command("npm", "ci")
	npm.Dir = n.folder
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return n
}

// outdated reports whether the packages are missing, or older than the lock file. npm writes
// another lock file beside them.
func (n nodeScripts) outdated(t *testing.T) bool {
	t.Helper()
	wanted, err := os.Stat(filepath.Join(n.folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.Stat(filepath.Join(n.folder, "node_modules", ".package-lock.json"))
	return err != nil || have.ModTime().Before(wanted.ModTime())
}

// run runs a script and reads the JSON that it prints.
func (n nodeScripts) run(t *testing.T, into any, stdin string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, "node", args...)
	script.Dir, script.Stdin = n.folder, strings.NewReader(stdin)
	script.Env = append(os.Environ(), "TZ=UTC") // MikroORM writes MariaDB's times in the zone of its process
	var failure bytes.Buffer
	script.Stderr = &failure
	out, err := script.Output()
	if err != nil {
		t.Fatalf("node %s: %v\n%s", args[0], err, &failure)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("node %s: %v in %s", args[0], err, out)
	}
}

// call is a method of the Node adapter with its argument.
type call [2]any

// asks calls methods of the Node adapter and returns their results.
func (s *shared) asks(t *testing.T, calls ...call) []json.RawMessage {
	t.Helper()
	in, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	var out []json.RawMessage
	s.node.run(t, &out, string(in), "read.mjs", s.dsn)
	if len(out) != len(calls) {
		t.Fatalf("got %d answers to %d calls", len(out), len(calls))
	}
	return out
}

// same compares two values by their JSON.
func same(t *testing.T, what any, got, want any) {
	t.Helper()
	var texts [2]string
	for i, v := range []any{got, want} {
		var members any
		raw, err := json.Marshal(v)
		if err = errors.Join(err, json.Unmarshal(raw, &members)); err != nil {
			t.Fatal(err)
		}
		sorted, _ := json.Marshal(members)
		texts[i] = string(sorted)
	}
	if texts[0] != texts[1] {
		t.Errorf("%v: got  %s\nwant %s", what, texts[0], texts[1])
	}
}

// made are the rows that make.mjs wrote, as the Node adapter has them.
type made struct {
	Users    []nodeUser
	Accounts []nodeAccount
	Sessions []nodeSession
	Tokens   []nodeToken `json:"verificationTokens"`
}

type nodeUser struct {
	ID            string    `json:"id"`
	Name          *string   `json:"name"`
	Email         *string   `json:"email"`
	EmailVerified *nodeTime `json:"emailVerified"`
	Image         *string   `json:"image"`
}

type nodeAccount struct {
	UserID            string `json:"userId"`
	Type              string `json:"type"`
	Provider          string `json:"provider"`
	ProviderAccountID string `json:"providerAccountId"`
	RefreshToken      string `json:"refresh_token"`
	AccessToken       string `json:"access_token"`
	ExpiresAt         *int64 `json:"expires_at"`
	TokenType         string `json:"token_type"`
	Scope             string `json:"scope"`
	IDToken           string `json:"id_token"`
	SessionState      string `json:"session_state"`
}

type nodeSession struct {
	SessionToken string   `json:"sessionToken"`
	UserID       string   `json:"userId"`
	Expires      nodeTime `json:"expires"`
}

type nodeToken struct {
	Identifier string   `json:"identifier"`
	Token      string   `json:"token"`
	Expires    nodeTime `json:"expires"`
}

// nodeTime is a time as JavaScript writes it.
type nodeTime struct{ time.Time }

func (t nodeTime) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

func (t nodeTime) cut(kept func(time.Time) time.Time) nodeTime { return nodeTime{kept(t.UTC())} }

// user returns the same user as Cardea has it, with empty texts for missing values.
func (u nodeUser) user(kept func(time.Time) time.Time) cardea.User {
	c := cardea.User{ID: u.ID}
	for to, from := range map[*string]*string{&c.Name: u.Name, &c.Email: u.Email, &c.Image: u.Image} {
		if from != nil {
			*to = *from
		}
	}
	if u.EmailVerified != nil {
		c.EmailVerified = kept(u.EmailVerified.UTC())
	}
	return c
}

func (a nodeAccount) account() cardea.Account {
	c := cardea.Account{
		UserID: a.UserID, Type: cardea.ProviderType(a.Type), Provider: a.Provider,
		ProviderAccountID: a.ProviderAccountID,
		RefreshToken:      a.RefreshToken, AccessToken: a.AccessToken, TokenType: a.TokenType, Scope: a.Scope,
		IDToken: a.IDToken, SessionState: a.SessionState,
	}
	if a.ExpiresAt != nil {
		c.ExpiresAt = time.Unix(*a.ExpiresAt, 0).UTC()
	}
	return c
}

// inNode returns a user of Cardea as the Node adapter has it.
func inNode(u *cardea.User, kept func(time.Time) time.Time) nodeUser {
	n := nodeUser{ID: u.ID, Name: filledOrNil(u.Name), Email: filledOrNil(u.Email), Image: filledOrNil(u.Image)}
	if !u.EmailVerified.IsZero() {
		n.EmailVerified = &nodeTime{kept(u.EmailVerified.UTC())}
	}
	return n
}

func filledOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// isUser checks the columns of a user that was read.
func isUser(t *testing.T, got *cardea.User, err error, want cardea.User) {
	t.Helper()
	if err != nil {
		t.Errorf("user %s: %v", want.ID, err)
		return
	}
	columns := *got
	columns.Entity = nil
	if columns != want {
		t.Errorf("got  %+v\nwant %+v", columns, want)
	}
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func notFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("%s: got %v, want that it is not found", what, err)
	}
}

func (s *shared) readsUsers(t *testing.T) {
	for _, u := range s.made.Users {
		want := u.user(s.kept)
		got, err := s.adapter.UserByID(t.Context(), u.ID)
		isUser(t, got, err, want)
		got, err = s.adapter.UserByEmail(t.Context(), want.Email)
		if want.Email == "" { // '' and NULL find nobody
			notFound(t, "no e-mail", err)
			continue
		}
		isUser(t, got, err, want)
		got, err = s.adapter.UserByEmail(t.Context(), upperASCII(want.Email))
		if s.caseless { // no other user can have the address
			isUser(t, got, err, want)
		} else {
			notFound(t, "another e-mail", err)
		}
	}
}

func (s *shared) readsAccounts(t *testing.T) {
	for _, u := range s.made.Users {
		accounts, err := s.adapter.Accounts(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.made.Accounts {
			if a.UserID != u.ID {
				continue
			}
			owner, err := s.adapter.UserByAccount(t.Context(), a.Provider, a.ProviderAccountID)
			isUser(t, owner, err, u.user(s.kept))
			if len(accounts) == 0 {
				t.Fatalf("user %s: too few accounts", u.ID)
			}
			if got, want := *accounts[0], a.account(); got != want { // both lists are ordered by provider
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			accounts = accounts[1:]
		}
		if len(accounts) > 0 {
			t.Errorf("user %s: %d accounts too many", u.ID, len(accounts))
		}
	}
}

func (s *shared) readsSessions(t *testing.T) {
	for _, want := range s.made.Sessions {
		got, err := s.adapter.Session(t.Context(), want.SessionToken)
		if err != nil {
			t.Fatal(err)
		}
		if got.Token != want.SessionToken || got.UserID != want.UserID ||
			!got.Expires.Equal(s.kept(want.Expires.Time)) {
			t.Errorf("got %+v, want %+v", *got, want)
		}
		isUser(t, got.User, nil, s.user(want.UserID))
		_, err = s.adapter.Session(t.Context(), strings.ToUpper(want.SessionToken))
		notFound(t, "another token", err)
	}
}

// user returns the user with that ID as make.mjs wrote it.
func (s *shared) user(id string) cardea.User {
	for _, u := range s.made.Users {
		if u.ID == id {
			return u.user(s.kept)
		}
	}
	return cardea.User{}
}

func (s *shared) consumesTokens(t *testing.T) {
	use := func(token nodeToken) call {
		return call{"useVerificationToken", map[string]string{"identifier": token.Identifier, "token": token.Token}}
	}
	live, expired := s.made.Tokens[0], s.made.Tokens[1]
	got, err := s.adapter.ConsumeVerificationToken(t.Context(), live.Identifier, live.Token)
	if err != nil || got.Identifier != live.Identifier || got.Token != live.Token ||
		!got.Expires.Equal(s.kept(live.Expires.Time)) {
		t.Errorf("got %v and %v, want %+v", got, err, live)
	}
	own := nodeToken{"zoë@exämple.com", strings.Repeat("0f", 32), nodeTime{time.Now().Add(time.Hour)}.cut(s.kept)}
	if err := s.adapter.CreateVerificationToken(t.Context(),
		&cardea.VerificationToken{Identifier: own.Identifier, Token: own.Token,
			Expires: own.Expires.Time}); err != nil {
		t.Fatal(err)
	}
	expired.Expires = expired.Expires.cut(s.kept)
	for i, answer := range s.asks(t, use(live), use(expired), use(own)) {
		same(t, use([]nodeToken{live, expired, own}[i]), answer, []any{nil, expired, own}[i])
	}
	for _, token := range []nodeToken{live, expired, own} {
		_, err := s.adapter.ConsumeVerificationToken(t.Context(), token.Identifier, token.Token)
		notFound(t, "token", err)
	}
}

// bearer returns a browser with a session token of either application.
func (s *shared) bearer(t *testing.T, token string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.site.URL)
	site, err := url.Parse(s.site.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: token, Path: "/"}})
	return b
}

// session returns the JSON that a browser with a token should get.
func (s *shared) session(t *testing.T, token string, u cardea.User) any {
	t.Helper()
	stored, err := s.adapter.Session(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"user": map[string]any{
			"name": filledOrNil(u.Name), "email": filledOrNil(u.Email), "image": filledOrNil(u.Image),
		},
		"expires": nodeTime{stored.Expires},
	}
}

// bothKnow checks that Cardea and Node give a browser the same session.
func (s *shared) bothKnow(t *testing.T, token string, u cardea.User) {
	t.Helper()
	want := s.session(t, token, u)
	same(t, "Cardea's session", s.bearer(t, token).Session(), want)
	same(t, "Node's session", s.atNode(t, token), want)
}

// atNode returns the session that the Node application gives a browser.
func (s *shared) atNode(t *testing.T, token string) any {
	t.Helper()
	var answer struct {
		Status int
		Body   any
	}
	s.node.run(t, &answer, "", "session.mjs", s.dsn, token)
	if answer.Status != http.StatusOK {
		t.Errorf("Node answers %d", answer.Status)
	}
	return answer.Body
}

func (s *shared) knowsVisitor(t *testing.T) {
	for _, session := range s.made.Sessions {
		if session.Expires.After(time.Now()) {
			want := s.session(t, session.SessionToken, s.user(session.UserID))
			same(t, "session", s.bearer(t, session.SessionToken).Session(), want)
		}
	}
}

// signsIn signs in at Cardea with a Google account, and returns the session's token.
func (s *shared) signsIn(t *testing.T, p cardeatest.Person) string {
	t.Helper()
	s.site.issuer.Next(p)
	return sessionToken(t, cardeatest.SignIn(t, s.site.URL, "google", p.Subject))
}

func (s *shared) signsInNodeUser(t *testing.T) {
	account := s.made.Accounts[1]
	token := s.signsIn(t, cardeatest.Person{
		Subject: account.ProviderAccountID, Name: "Somebody Else", Email: "else@example.com", EmailVerified: true,
	})
	s.bothKnow(t, token, s.user(account.UserID))
	list, err := s.adapter.Accounts(t.Context(), account.UserID)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d accounts and %v, want the two", len(list), err)
	}
	got, old := list[1], account.account()
	if got.RefreshToken != old.RefreshToken || got.SessionState != old.SessionState ||
		got.AccessToken == old.AccessToken || got.IDToken == old.IDToken {
		t.Errorf("got %+v, want the tokens that came now, and the others as before", *got)
	}
}

func (s *shared) signsInNewUser(t *testing.T) {
	grace := cardeatest.Person{
		Subject: "grace|1906", Name: "Grace \"Amazing\" Hopper 👩🏽‍💻", Email: "grace@exämple.com", EmailVerified: true,
		Picture: "https://example.com/grace.png",
	}
	token := s.signsIn(t, grace)
	u, err := s.adapter.UserByEmail(t.Context(), grace.Email)
	if err != nil {
		t.Fatal(err)
	}
	if u.Name != grace.Name || u.Image != grace.Picture || u.EmailVerified.IsZero() {
		t.Errorf("got %+v", *u)
	}
	s.bothKnow(t, token, *u)
	calls := []call{
		{"getUser", u.ID},
		{"getUserByEmail", u.Email},
		{"getUserByAccount", map[string]string{"provider": "google", "providerAccountId": grace.Subject}},
	}
	for i, answer := range s.asks(t, calls...) {
		same(t, calls[i], answer, inNode(u, s.kept))
	}
}

// provesAddresses signs in by mail: a user who has proven the address before, and one who never
// did, and to whom nothing else leads.
func (s *shared) provesAddresses(t *testing.T) {
	for _, made := range []nodeUser{s.made.Users[0], s.made.Users[2]} {
		b := cardeatest.NewBrowser(t, s.site.URL)
		must(t, b.Post("/signin/email", url.Values{"email": {*made.Email}}).Body.Close())
		res, err := b.Get(s.mails.Last(t, *made.Email).Link)
		must(t, err)
		must(t, res.Body.Close())
		u, err := s.adapter.UserByEmail(t.Context(), *made.Email)
		if err != nil || u.ID != made.ID || u.EmailVerified.IsZero() {
			t.Errorf("%s: got %+v and %v, want user %s with a proven address", *made.Email, u, err, made.ID)
		}
	}
}

// unlinks removes the account at a provider of somebody who can sign in by mail.
func (s *shared) unlinks(t *testing.T) {
	a := s.made.Accounts[0]
	if err := s.site.auth.UnlinkAccount(t.Context(), a.UserID, a.Provider, a.ProviderAccountID); err != nil {
		t.Error(err)
	}
	_, err := s.adapter.UserByAccount(t.Context(), a.Provider, a.ProviderAccountID)
	notFound(t, "an unlinked account", err)
}

// writes has every field filled, or none of them, and reads it through the Node adapter.
func (s *shared) writes(t *testing.T) {
	ctx, when := t.Context(), time.Date(2031, time.March, 5, 23, 59, 58, 987_000_000, time.FixedZone("", -5*60*60))
	full := &cardea.User{
		Name: "Zoë 李小龍 שלום \\ ' \" 👩‍💻", Email: "full@exämple.com", EmailVerified: when,
		Image: "https://example.com/?a=1&b=🔑",
	}
	empty, second := &cardea.User{}, &cardea.User{} // two users without an e-mail address
	changed := s.user(s.made.Users[2].ID)
	changed.Name, changed.Email, changed.EmailVerified = "No Longer Bare", "", when
	nobody := s.user(s.made.Users[4].ID) // the e-mail address is ''
	nobody.Image = "https://example.com/nobody.png"
	for _, u := range []*cardea.User{full, empty, second} {
		if err := s.adapter.CreateUser(ctx, u); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []*cardea.User{&changed, &nobody} {
		if err := s.adapter.UpdateUser(ctx, u); err != nil {
			t.Fatal(err)
		}
	}
	session := nodeSession{"a token of Cardea's", full.ID, nodeTime{when}.cut(s.kept)}
	account := &cardea.Account{
		UserID: full.ID, Type: cardea.TypeOAuth, Provider: "gitlab", ProviderAccountID: "1|2", RefreshToken: "r",
		AccessToken: "a", ExpiresAt: time.Unix(1<<31-1, 0),
		TokenType: "bearer", Scope: "read", IDToken: strings.Repeat("i", 3000), SessionState: "s",
	}
	if err := errors.Join(
		s.adapter.CreateSession(ctx, &cardea.Session{Token: session.SessionToken, UserID: session.UserID,
			Expires: when}), s.adapter.LinkAccount(ctx, account),
	); err != nil {
		t.Fatal(err)
	}
	users := []*cardea.User{full, empty, second, &changed, &nobody, full}
	calls := []call{
		{"getUser", full.ID}, {"getUser", empty.ID}, {"getUser", second.ID}, {"getUser", changed.ID},
		{"getUser", nobody.ID}, {"getUserByEmail", full.Email},
		{"getSessionAndUser", session.SessionToken},
	}
	answers := s.asks(t, calls...)
	for i, u := range users {
		same(t, calls[i], answers[i], inNode(u, s.kept))
	}
	var both struct {
		Session nodeSession
		User    nodeUser
	}
	if err := json.Unmarshal(answers[6], &both); err != nil {
		t.Fatal(err)
	}
	if both.Session != session {
		t.Errorf("got %+v, want %+v", both.Session, session)
	}
	if got, want := both.User.user(s.kept), inNode(full, s.kept).user(s.kept); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// The Node adapter has no method that returns accounts, but it returns the one that it removes.
	remove := call{
		"unlinkAccount", map[string]string{
			"provider": account.Provider, "providerAccountId": account.ProviderAccountID,
		},
	}
	var removed nodeAccount
	if err := json.Unmarshal(s.asks(t, remove)[0], &removed); err != nil {
		t.Fatal(err)
	}
	want := *account
	want.ExpiresAt = want.ExpiresAt.UTC()
	if got := removed.account(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if list, err := s.adapter.Accounts(ctx, full.ID); err != nil || len(list) != 0 {
		t.Errorf("got %d accounts and %v after Node removed it", len(list), err)
	}
}

func (s *shared) expires(t *testing.T) {
	byNode := s.made.Sessions[1]
	if got := s.bearer(t, byNode.SessionToken).Session(); got != nil {
		t.Errorf("Cardea takes an expired session of Node's for %v", got)
	}
	byCardea := &cardea.Session{Token: "expired", UserID: byNode.UserID, Expires: time.Now().Add(-time.Second)}
	if err := s.adapter.CreateSession(t.Context(), byCardea); err != nil {
		t.Fatal(err)
	}
	if got := s.atNode(t, byCardea.Token); got != nil {
		t.Errorf("Node takes an expired session of Cardea's for %v", got)
	}
	for _, token := range []string{byNode.SessionToken, byCardea.Token} {
		_, err := s.adapter.Session(t.Context(), token)
		notFound(t, "an expired session that was met", err)
	}
}

// deletes cannot rely on the foreign keys: MikroORM 6 makes them without ON DELETE CASCADE.
func (s *shared) deletes(t *testing.T) {
	id := s.made.Users[0].ID
	if err := s.adapter.DeleteUser(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	calls := []call{
		{"getUser", id}, {"getSessionAndUser", s.made.Sessions[0].SessionToken}, {"getUser", s.made.Users[1].ID},
	}
	answers := s.asks(t, calls...)
	for i, want := range []any{nil, nil, s.made.Users[1]} {
		same(t, calls[i], answers[i], want)
	}
}

// What a Node server sees in tables that this module's Migrate has made, column by column: the same
// types as in its own tables, except for expires_at on PostgreSQL. It has 64 bits there, which
// MikroORM's driver reads as text. docs/migrations.md has the table.
func TestNodeOnTablesOfCardea(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			s := &shared{node: installed(t), dsn: nodeDSN(t, o), adapter: openOn(t, o)}
			ctx, at := t.Context(), time.Date(2031, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
			u := &cardea.User{
				ID: "ann", Name: "Ann", Email: "ann@example.com", EmailVerified: at, Image: "https://example.com/a.png",
			}
			account := &cardea.Account{
				UserID: u.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "1", RefreshToken: "refresh",
				AccessToken: "access", ExpiresAt: time.Unix(1_900_000_000, 0), TokenType: "bearer", Scope: "openid",
				IDToken: "id", SessionState: "state",
			}
			for _, err := range []error{
				s.adapter.CreateUser(ctx, u), s.adapter.LinkAccount(ctx, account),
				s.adapter.CreateSession(ctx, &cardea.Session{Token: "token", UserID: u.ID, Expires: at}),
				s.adapter.CreateVerificationToken(ctx,
					&cardea.VerificationToken{Identifier: u.Email, Token: "mail", Expires: at}),
			} {
				must(t, err)
			}
			var expiresAt any = 1_900_000_000
			if e.name == "PostgreSQL" {
				expiresAt = "1900000000"
			}
			const instant = "2031-02-03T04:05:06.789Z"
			user := map[string]any{
				"id": u.ID, "name": u.Name, "email": u.Email, "emailVerified": instant, "image": u.Image,
			}
			session := map[string]any{"sessionToken": "token", "userId": u.ID, "expires": instant}
			answers := s.asks(t, call{"getSessionAndUser", "token"}, call{"getUserByEmail", u.Email},
				call{"useVerificationToken", map[string]string{"identifier": u.Email, "token": "mail"}},
				call{"unlinkAccount", map[string]string{"provider": "idp", "providerAccountId": "1"}})
			for i, want := range []map[string]any{
				{"session": session, "user": user},
				user,
				{"identifier": u.Email, "token": "mail", "expires": instant},
				{
					"userId": u.ID, "type": "oidc", "provider": "idp", "providerAccountId": "1",
					"refresh_token": "refresh", "access_token": "access", "expires_at": expiresAt,
					"token_type": "bearer", "scope": "openid", "id_token": "id", "session_state": "state",
				},
			} {
				sameMembers(t, i, answers[i], want)
			}
		})
	}
}

// A Node server on such tables knows the visitors of Cardea: a user with everything, one with
// nothing but an account, one who signs in again, and none who has signed out.
func TestNodeKnowsVisitorsOnTablesOfCardea(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			s := &shared{node: installed(t), dsn: nodeDSN(t, o), kept: truncatedTo(time.Millisecond)}
			s.serves(t, openOn(t, o))
			s.signsInNewUser(t)
			first := s.signsIn(t, cardeatest.Person{Subject: "bare"})
			u, err := s.adapter.UserByAccount(t.Context(), "google", "bare")
			must(t, err)
			s.bothKnow(t, first, *u)
			second := s.signsIn(t, cardeatest.Person{Subject: "bare", Name: "Bob", Email: "bob@example.com"})
			b := s.bearer(t, first)
			if b.Post("/signout", nil); b.Session() != nil {
				t.Error("signed in after signing out")
			}
			stored, err := s.adapter.Session(t.Context(), second)
			must(t, err)
			answers := s.asks(t, call{"getUser", u.ID}, call{"getSessionAndUser", first},
				call{"getSessionAndUser", second})
			same(t, "the user", answers[0], nodeUser{ID: u.ID})
			same(t, "the session that has ended", answers[1], nil)
			sameMembers(t, "the second session", answers[2], map[string]any{
				"session": map[string]any{"sessionToken": second, "userId": u.ID, "expires": nodeTime{stored.Expires}},
				"user":    map[string]any{"id": u.ID, "name": nil, "email": nil, "emailVerified": nil, "image": nil},
			})
		})
	}
}

// sameMembers compares the members that want has, at every level.
func sameMembers(t *testing.T, what any, raw json.RawMessage, want map[string]any) {
	t.Helper()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %v in %s", what, err, raw)
	}
	for name, value := range want {
		if members, ok := value.(map[string]any); ok {
			sameMembers(t, name, got[name], members)
			continue
		}
		same(t, name, got[name], value)
	}
}
