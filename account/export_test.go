package account

// InWords is inWords for tests.
var InWords = inWords
