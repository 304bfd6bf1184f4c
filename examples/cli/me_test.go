package main

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// A name is what its owner has typed, and must not run in a browser.
func TestNameIsNoPage(t *testing.T) {
	t.Parallel()
	issuer := cardeatest.NewIssuer(t, cardeatest.Person{
		Subject: "1", Name: "<script>alert(1)</script>", Email: "eve@example.com", EmailVerified: true})
	_, server := newSite(t, issuer, memadapter.New(), factor.Options{}, nil)
	eve := cardeatest.SignIn(t, server.URL, "idp", "eve@example.com")
	res, err := eve.Get(server.URL + "/api/me")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		t.Errorf("the name is sent as %q", kind)
	}
}
