// Package original holds the tests that send the same requests to real servers of the Node packages
// and to Cardea, and compare the answers field by field. The list of differences is part of the
// test, and each has its reason in docs/compatibility.md.
package original
