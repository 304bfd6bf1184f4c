package cardeatest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea/cardeatest"
)

// An application in development brings its own identity provider.
func ExampleNewLocalIssuer() {
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	defer site.Close()

	issuer := cardeatest.NewLocalIssuer(site.URL+"/idp", "my-app", "my-secret",
		cardeatest.Person{Subject: "1", Name: "Ann", Email: "ann@example.com", EmailVerified: true})
	mux.Handle("/idp/", issuer)

	resp, err := http.Get(issuer.URL + "/.well-known/openid-configuration")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, issuer.Requests(cardeatest.Discovery))
	// Output: 200 1
}
