package provider

import "github.com/cardea-auth/cardea"

// startAgain returns the error of the hook Identify for an answer that is not valid, or not any
// more. The browser has brought it, so the server is not at fault: the visitor starts again.
func startAgain(cause error) error { return &cardea.Error{Code: cardea.CodeInvalidCheck, Err: cause} }
