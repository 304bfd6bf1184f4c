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

// newApplication sets up an application. The identity provider is an argument, so that a test can
// pass another one than production does.
func newApplication(idp *oauth.Provider) (http.Handler, error) {
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
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

// testDashboard is a test of that application. In a real test the name begins with Test and t is a
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

// runTest runs a test without go test, and returns its messages, or PASS.
func runTest(test func(testing.TB)) string {
	t := &fakeT{}
	defer t.end()
	test(t)
	if t.messages == nil {
		return "PASS"
	}
	return strings.Join(t.messages, "\n")
}

// fakeT implements the methods of testing.T that this package needs.
type fakeT struct {
	testing.TB
	messages []string
	cleanups []func()
}

func (t *fakeT) Helper() {}
func (t *fakeT) Errorf(format string, args ...any) {
	t.messages = append(t.messages, fmt.Sprintf(format, args...))
}
func (t *fakeT) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (t *fakeT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *fakeT) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }

func (t *fakeT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
