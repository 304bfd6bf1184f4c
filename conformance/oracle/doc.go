// Package oracle holds the tests in which the Node packages judge: @auth/core for Auth.js,
// next-auth for its fourth version. What Cardea makes they read, and what they make Cardea reads.
package oracle
