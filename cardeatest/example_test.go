package cardeatest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// newApplication is what an application does when it starts, except that the identity provider is
// given to it.
func newApplication(idp *oauth.Provider) (http.Handler, error) {
	auth, err := cardea.New(cardea.Config{
		Secret:    strings.Repeat("s", 32),
		Adapter:   memadapter.New(),
		Providers: []cardea.Provider{idp},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		fmt.Fprintf(w, "Hello, %s!", u.Name)
	}))
	return mux, nil
}

// testDashboard is a test of that application. In a real one its name begins with Test, and t is a
// *testing.T.
func testDashboard(t testing.TB) {
	issuer := cardeatest.NewIssuer(t, cardeatest.Person{
		Subject: "7", Name: "Bob", Email: "bob@example.com", EmailVerified: true,
	})
	app, err := newApplication(provider.OIDC("sso", "Single Sign-On", provider.Client{
		ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(app)
	t.Cleanup(site.Close)

	bob := cardeatest.SignIn(t, site.URL, "sso", "bob@example.com")
	res, err := bob.Get(site.URL + "/dashboard")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(body), "Hello, Bob!"; got != want {
		t.Errorf("dashboard = %q, want %q", got, want)
	}
}

func ExampleSignIn() {
	fmt.Println(runTest(testDashboard))
	// Output: PASS
}

// runTest runs a test outside of go test, and returns its messages, or PASS.
func runTest(test func(testing.TB)) string {
	t := &standIn{}
	defer t.end()
	test(t)
	if t.messages == nil {
		return "PASS"
	}
	return strings.Join(t.messages, "\n")
}

// standIn is as much of a testing.T as this package needs.
type standIn struct {
	testing.TB
	messages []string
	cleanups []func()
}

func (t *standIn) Helper() {}
func (t *standIn) Errorf(format string, args ...any) {
	t.messages = append(t.messages, fmt.Sprintf(format, args...))
}
func (t *standIn) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (t *standIn) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *standIn) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }

func (t *standIn) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
