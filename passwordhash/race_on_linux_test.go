//go:build race

package passwordhash_test

// raceDetector says that the tests run with the race detector, whose own memory counts as the
// program's.
const raceDetector = true
