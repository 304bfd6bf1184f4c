// Package relyingparty compares Cardea's OpenID Connect client with others' work. Its tests send
// the same sign-ins through Cardea and through github.com/coreos/go-oidc with golang.org/x/oauth2,
// and complete a sign-in at the OpenID provider of the npm package oidc-provider.
package relyingparty
