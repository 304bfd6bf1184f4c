// Package relyingparty tests Cardea's OpenID Connect client against other implementations. The same
// sign-ins go through Cardea and through github.com/coreos/go-oidc with golang.org/x/oauth2; and
// Cardea signs in at the OpenID provider of the npm package oidc-provider.
package relyingparty
