package cardea

// getCallback finishes a sign-in when the browser returns from a provider, or opens the link of a
// mail.
func getCallback(e *exchange) error {
	m, err := e.auth.requireMethod(e.provider)
	if err != nil {
		return err
	}
	return m.getCallback(e)
}

// postCallback finishes a sign-in with a posted form: of credentials, of a mail, or of a provider
// with FormPost.
func postCallback(e *exchange) error {
	m := e.auth.method(e.provider)
	if m == nil {
		return e.auth.noForm()
	}
	return m.postCallback(e)
}

// noForm is the error for a provider to which nothing can be posted.
func (a *Auth) noForm() error {
	return fail(CodeConfiguration, "no provider with this id has a form; Config.Providers has %q", a.providerIDs())
}
