package cardea

// getCallback finishes a sign-in to which the visitor's browser comes back.
func getCallback(e *exchange) error {
	m, err := e.auth.requireMethod(e.provider)
	if err != nil {
		return err
	}
	return m.getCallback(e)
}

// postCallback finishes a sign-in with a form.
func postCallback(e *exchange) error {
	m := e.auth.method(e.provider)
	if m == nil {
		return e.auth.noForm()
	}
	return m.postCallback(e)
}

func (a *Auth) noForm() error {
	return fail(CodeConfiguration, "no provider with this id has a form; Config.Providers has %q", a.providerIDs())
}
