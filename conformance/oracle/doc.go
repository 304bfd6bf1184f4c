// Package oracle tests that Cardea and the Node packages read what the other has written: cookies,
// sessions, CSRF tokens and links in mails. The packages are @auth/core for version 5 of Auth.js
// and next-auth for version 4.
package oracle
