// Package conformance holds the tests of Cardea beside the originals: the Node packages of Auth.js
// as oracle and as servers, and their clients in a browser. Nothing imports it.
package conformance
