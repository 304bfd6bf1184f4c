package cardea

// getCallback finishes a sign-in when the browser returns from a provider, or opens the link of a
// mail.
func getCallback(e *exchange) error {
	m := e.auth.method(e.provider)
	if m == nil {
		return restart{e}.unlessSignedIn(e.auth.methods.unknown())
	}
	return restart{e}.unlessSignedIn(m.getCallback(e))
}

// postCallback finishes a sign-in with a posted form: of credentials, of a mail, or of a provider
// with FormPost.
func postCallback(e *exchange) error {
	m := e.auth.method(e.provider)
	if m == nil {
		return e.auth.methods.unknown()
	}
	return m.postCallback(e)
}
