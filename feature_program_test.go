package cardea_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	accountpage "github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	passwords "github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// featureSite is a site with all features. GET /enter signs in the user of the query.
type featureSite struct {
	*httptest.Server
	auth  *cardea.Auth
	store *memadapter.Adapter
	mails *cardeatest.Mailbox
	later atomic.Int64 // by how much the clock of the site is ahead, a time.Duration
}

func newFeatureSite(t *testing.T, change func(*cardea.Config)) *featureSite {
	t.Helper()
	s := &featureSite{store: memadapter.New(), mails: &cardeatest.Mailbox{}}
	const from = "Example <no-reply@example.com>"
	c := cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: s.store, Logger: new(logRecorder).logger(),
		TrustedOrigins: []string{front},
		Providers: []cardea.Provider{passwords.New(passwords.Options{
			From: from, Sender: s.mails, SignUpLimit: ratelimit.Rate{Count: 1000, Within: time.Hour},
			Hashing: passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}, Parallel: 8},
		})},
		Features: []cardea.Feature{
			accountpage.New(accountpage.Options{From: from, Sender: s.mails, DeleteAfter: time.Hour}),
			factor.New(factor.Options{}),
		},
	}
	c.Limits.Client = ratelimit.InsecureUnlimited()
	if change != nil {
		change(&c)
	}
	var err error
	if s.auth, err = cardea.New(c); err != nil {
		t.Fatal(err)
	}
	s.auth.SetClock(func() time.Time { return time.Now().Add(time.Duration(s.later.Load())) })
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.auth)
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		p := cardea.Proof{UserID: r.FormValue("user"), Methods: []string{"fed"}, Provider: "enter"}
		if _, err := s.auth.SignIn(w, r, p); err != nil {
			t.Error(err)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// visitor returns a browser in which a new user has just signed in.
func (s *featureSite) visitor(t *testing.T) *cardeatest.Browser {
	t.Helper()
	b := newBrowser(t, s.URL)
	u := &cardea.User{Name: "Ann"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	visit(t, b, s.URL+"/enter?user="+u.ID)
	return b
}

// A featureClient posts a form in its way.
type featureClient struct {
	program bool
	json    bool              // whether the body is JSON
	header  map[string]string // beside the Content-Type
	fields  url.Values        // beside those of the form
}

var featureClients = map[string]featureClient{
	"a browser": {header: map[string]string{
		"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin",
	}},
	"a program that asks for JSON": {program: true, header: map[string]string{"Accept": "application/json"}},
	"a program that posts JSON":    {program: true, json: true},
	"the client of Auth.js":        {program: true, header: map[string]string{"X-Auth-Return-Redirect": "1"}},
	"the client of next-auth 4":    {program: true, fields: url.Values{"json": {"true"}}},
}

// send posts a form with the CSRF token of the browser unless the form has another.
func (c featureClient) send(t *testing.T, b *cardeatest.Browser, path string, form url.Values) *http.Response {
	t.Helper()
	all := url.Values{"csrfToken": {b.CSRFToken()}}
	for _, more := range []url.Values{c.fields, form} {
		for name := range more {
			all.Set(name, more.Get(name))
		}
	}
	kind, body := "application/x-www-form-urlencoded", []byte(all.Encode())
	if c.json {
		members := map[string]string{}
		for name := range all {
			members[name] = all.Get(name)
		}
		kind = "application/json"
		body, _ = json.Marshal(members)
	}
	to := b.Site + "/api/auth/" + path
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	client := *b.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// explainedCodes are the codes of docs/troubleshooting.md.
func explainedCodes(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllSubmatch(text, -1) {
		codes = append(codes, string(row[1]))
	}
	return codes
}

// answerOf returns the JSON object of an answer.
func answerOf(res *http.Response) (answer map[string]string, err error) {
	err = json.NewDecoder(res.Body).Decode(&answer)
	return answer, err
}

// emptyForms are what each form of every feature answers if it is sent without fields, by somebody
// who has signed in just now: the status for a program, and its code or where it leads. A feature
// that adds a form adds a line.
var emptyForms = map[string]struct {
	status  int
	want    string
	anybody bool // whether nobody needs to be signed in
}{
	"password/signup":            {400, "EmailSignin", true},
	"password/forgot":            {400, "EmailSignin", true},
	"password/choose":            {400, "Verification", true},
	"password/change":            {400, "password_wrong", false},
	"password/set":               {400, "password_short", false},
	"password/remove":            {200, "/api/auth/account?success=password_removed#password", false},
	"account/address":            {400, "address_invalid", false},
	"account/address/confirm":    {400, "Verification", false},
	"account/address/undo":       {400, "Verification", true},
	"account/unlink":             {200, "/api/auth/account?success=account_unlinked#sign-ins", false},
	"account/end-session":        {200, "/api/auth/account?success=session_ended#devices", false},
	"account/end-other-sessions": {200, "/api/auth/account?success=sessions_ended#devices", false},
	"account/export":             {200, "a file", false},
	"account/delete":             {400, "account_confirm", false},
	"account/keep":               {200, "/api/auth/account?success=deletion_ended#delete", false},
	"factor/start":               {200, "/api/auth/factor/enrol", false},
	"factor/enrol":               {200, "/api/auth/account#second-factor", false},
	"factor/remove":              {200, "/api/auth/account#second-factor", false},
	"factor/recovery-codes":      {200, "/api/auth/account#second-factor", false},
	"factor/confirm":             {400, "factor_code", false},
	"factor/challenge":           {400, "InvalidCheck", true},
	"factor/recovery":            {400, "InvalidCheck", true},
	"factor/required":            {400, "InvalidCheck", true},
}

// forEachForm runs a test for each form of every feature.
func (s *featureSite) forEachForm(t *testing.T, test func(path string)) {
	t.Helper()
	paths := s.auth.FeaturePosts()
	if len(paths) != len(emptyForms) {
		t.Errorf("%d forms, %d in emptyForms", len(paths), len(emptyForms))
	}
	for _, path := range paths {
		if _, ok := emptyForms[path]; !ok {
			t.Errorf("%s is not in emptyForms", path)
		}
		test(path)
	}
}

// A program gets JSON from every form of every feature, with the URL of the page that a browser
// would get and a code that is documented; a browser gets a redirect or a page.
func TestFormsOfFeaturesAnswerPrograms(t *testing.T) {
	t.Parallel()
	s := newFeatureSite(t, nil)
	codes := explainedCodes(t)
	check := func(name string, c featureClient, res *http.Response, status int, want string) {
		t.Helper()
		if want == "a file" {
			if res.StatusCode != status || res.Header.Get("Content-Disposition") == "" {
				t.Errorf("%s: %s, no file", name, res.Status)
			}
			return
		}
		if !c.program {
			page := res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "text/html")
			if !page && (res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") == "") {
				t.Errorf("%s: %s, %q", name, res.Status, res.Header)
			}
			return
		}
		answer, err := answerOf(res)
		to, fault := url.Parse(answer["url"])
		if err != nil || fault != nil || to.Host == "" || res.StatusCode != status {
			t.Errorf("%s: %s, %v, %v", name, res.Status, answer, err)
			return
		}
		got := answer["error"]
		if status == http.StatusOK {
			got = strings.TrimPrefix(answer["url"], s.URL)
		} else if !slices.Contains(codes, got) || answer["message"] == "" {
			t.Errorf("%s: code %q is not documented, or without a message %q", name, got, answer["message"])
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	s.forEachForm(t, func(path string) {
		for name, c := range featureClients {
			name = name + " at " + path
			want := emptyForms[path]
			check(name, c, c.send(t, s.visitor(t), path, nil), want.status, want.want)

			b := s.visitor(t)
			res := c.send(t, b, path, url.Values{"csrfToken": {"forged"}})
			check(name+" without the token", c, res, http.StatusForbidden, "MissingCSRF")

			if !want.anybody {
				res := c.send(t, newBrowser(t, s.URL), path, nil)
				check(name+", not signed in", c, res, http.StatusUnauthorized, "unauthorized")
			}
		}
	})
	program := featureClients["a program that asks for JSON"]
	b := s.visitor(t)
	s.later.Store(int64(time.Hour))
	res := program.send(t, b, "password/remove", nil)
	check("a proof that is too old", program, res, http.StatusUnauthorized, "insufficient_user_authentication")
}

// A GET of a page is the page, whatever is asked for. If it redirects or fails, a program gets
// JSON.
func TestPagesOfFeaturesAnswerPrograms(t *testing.T) {
	t.Parallel()
	s := newFeatureSite(t, nil)
	asJSON := func(r *http.Request) { r.Header.Set("Accept", "application/json") }
	for path, want := range map[string]string{
		"account": "text/html; charset=utf-8", "password/signup": "text/html; charset=utf-8",
		"factor/confirm":          "text/html; charset=utf-8",
		"factor/enrol":            "200 /api/auth/account#second-factor",
		"factor/challenge":        "400 InvalidCheck",
		"password/choose":         "400 Verification",
		"account/address/confirm": "400 Verification",
		"password/choose?kind=password-reset&token=x": "200 /api/auth/password/choose",
	} {
		b := s.visitor(t)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/auth/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		asJSON(req)
		res, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got := res.Header.Get("Content-Type")
		if got == "application/json" {
			answer, _ := answerOf(res)
			got = res.Status[:4] + answer["error"]
			if answer["error"] == "" {
				got += strings.TrimPrefix(answer["url"], s.URL)
			}
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// Scripts of a trusted origin may send every form of every feature and read the answer, as they may
// with the endpoints of sign-in. Nobody else may.
func TestFormsOfFeaturesFromOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newFeatureSite(t, nil)
	s.forEachForm(t, func(path string) {
		preflight := func(origin, method string) *http.Response {
			return send(t, s.URL+"/api/auth/"+path, nil, nil, func(r *http.Request) {
				r.Method = http.MethodOptions
				r.Header.Set("Origin", origin)
				r.Header.Set("Access-Control-Request-Method", method)
				r.Header.Set("Access-Control-Request-Headers", "content-type")
			})
		}
		res := preflight(front, http.MethodPost)
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != front ||
			res.Header.Get("Access-Control-Allow-Credentials") != "true" ||
			res.Header.Get("Access-Control-Allow-Methods") != http.MethodPost {
			t.Errorf("%s: preflight %s, %s", path, res.Status, corsOf(res))
		}
		if res := preflight(front, http.MethodGet); corsOf(res) != "" { // pages are for browsers that navigate
			t.Errorf("GET %s: preflight %s, %s", path, res.Status, corsOf(res))
		}
		for _, origin := range untrusted {
			if res := preflight(origin, http.MethodPost); corsOf(res) != "" ||
				res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s from %q: preflight %s, %s", path, origin, res.Status, corsOf(res))
			}
		}
		script := featureClient{json: true, header: map[string]string{"Origin": front, "Sec-Fetch-Site": "same-site"}}
		res = script.send(t, s.visitor(t), path, nil)
		if res.StatusCode != emptyForms[path].status || res.Header.Get("Access-Control-Allow-Origin") != front ||
			!slices.Contains(res.Header["Vary"], "Origin") {
			t.Errorf("%s: %s, %s, Vary %q", path, res.Status, corsOf(res), res.Header["Vary"])
		}
		script.header["Origin"] = "https://evil.example"
		res = script.send(t, s.visitor(t), path, nil)
		if answer, _ := answerOf(res); answer["error"] != "MissingCSRF" || corsOf(res) != "" {
			t.Errorf("%s from another origin: %s, %v, %s", path, res.Status, answer, corsOf(res))
		}
	})
}

// A front end on another origin signs somebody up with a password, with scripts alone.
func TestSignUpFromATrustedOrigin(t *testing.T) {
	t.Parallel()
	s := newFeatureSite(t, nil)
	b := newBrowser(t, s.URL)
	script := featureClient{json: true, header: map[string]string{"Origin": front, "Sec-Fetch-Site": "same-site"}}
	post := func(path string, form url.Values, want string) {
		t.Helper()
		res := script.send(t, b, path, form)
		answer, err := answerOf(res)
		to := strings.TrimPrefix(answer["url"], s.URL)
		if err != nil || res.StatusCode != http.StatusOK || to != want ||
			res.Header.Get("Access-Control-Allow-Origin") != front {
			t.Fatalf("%s: %s, %v, %v", path, res.Status, answer, err)
		}
	}
	post("password/signup", url.Values{"email": {"ann@example.com"}, "callbackUrl": {front + "/welcome"}},
		"/api/auth/verify-request?success=password_signup_mailed")
	s.auth.WaitForTasks()
	link := regexp.MustCompile(`http://\S+`).FindString(s.mails.Last(t, "ann@example.com").Text)
	visit(t, b, link) // in the browser, which keeps the link in a cookie
	page := text(t, visit(t, b, s.URL+"/api/auth/password/choose"))
	post("password/choose", url.Values{
		"password": {"a sentence is a good password"}, "link": {linkInput.FindStringSubmatch(page)[1]},
	}, front+"/welcome")
	if session := b.Session(); session == nil {
		t.Error("nobody is signed in")
	}
}

// A body that cannot be read is a failure with a code, as every other one of a form of a feature,
// and the log names the endpoint.
func TestBodyOfFeatureCannotBeRead(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) {
		c.Logger = log.logger()
		c.Features = []cardea.Feature{passwords.New(passwords.Options{
			From: "a@example.com", Sender: &cardeatest.Mailbox{},
		})}
	})
	res := sendRaw(t, s, http.MethodPost, "/api/auth/password/forgot", "application/json", "{")
	var body map[string]string
	if err := json.Unmarshal([]byte(text(t, res)), &body); err != nil || res.StatusCode != http.StatusBadRequest ||
		body["error"] != "bad_request" || body["message"] == "" || body["url"] == "" {
		t.Errorf("%s: %v, %v", res.Status, body, err)
	}
	got := log.records(t, "cardea: a body cannot be read")
	if len(got) != 1 || got[0]["path"] != "/api/auth/password/forgot" {
		t.Errorf("the log has %v", got)
	}
}
