// Package original sends the same requests to servers of the Node packages of Auth.js and to
// Cardea, and compares the answers field by field. A difference must be in the list of expected
// ones, whose reasons are in docs/compatibility.md.
package original
