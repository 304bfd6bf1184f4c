// Package relyingparty is the client side of a sign-in at an OAuth 2.0 or OpenID Connect provider:
// what is asked of the provider described by an oauth.Provider, and what its answer proves.
//
// It knows nothing about users, sessions, stores or cookies. A sign-in calls
// [Client.AuthorizationRequest], then [Client.Authenticate] with the parameters of the callback.
package relyingparty
