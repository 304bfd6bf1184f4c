// Package relyingparty is the client side of a sign-in at an OAuth 2.0 or OpenID Connect provider,
// which an oauth.Provider describes. It makes the requests to the provider, and finds out from the
// answers who has signed in.
//
// It knows nothing about users, sessions, stores or cookies. A sign-in calls
// [Client.AuthorizationRequest], then [Client.Authenticate] with the parameters of the callback.
package relyingparty
