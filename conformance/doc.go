// Package conformance holds the tests that compare Cardea with other implementations: the Node
// packages of Auth.js, its React clients in a browser, and the Go and Node implementations of
// OpenID Connect; and those behind reverse proxies. Nothing imports it.
package conformance
