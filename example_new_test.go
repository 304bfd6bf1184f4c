package cardea_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// One handler, mounted under the base path, serves everything that sign-in needs.
func ExampleNew() {
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		BaseURL:   "https://example.com",
		Adapter:   memadapter.New(), // or gormadapter, with the application's own entities
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/auth/providers", nil))
	fmt.Println(w.Body)
	// Output: {"github":{"id":"github","name":"GitHub","type":"oauth","signinUrl":"https://example.com/api/auth/signin/github","callbackUrl":"https://example.com/api/auth/callback/github"}}
}

// New reports everything that is wrong at once. Each line names the field.
func ExampleNew_faults() {
	_, err := cardea.New(cardea.Config{
		Secret:  "too short",
		BaseURL: "example.com",
		Providers: []cardea.Provider{
			provider.OIDC("sso", "Single Sign-On", provider.Client{ID: "id", Secret: "secret"}),
		},
	})
	fmt.Println(err)
	// Output:
	// cardea: Config.Secret: want 32 bytes or more, have 9; make one with: go run github.com/cardea-auth/cardea/cmd/cardea secret
	// cardea: Config.BaseURL: want an origin such as https://example.com, have "example.com"
	// cardea: Config.Providers[0] (sso).Issuer: is empty; type oidc needs it
}
