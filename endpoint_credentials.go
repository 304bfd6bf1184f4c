package cardea

// credentialsMethod signs people in with the application's check of a form.
type credentialsMethod struct{ *CredentialsProvider }

// signIn leads to the sign-in page, which has the form.
func (m *credentialsMethod) signIn(e *exchange) error { return e.redirectToSignIn() }

// getCallback refuses the request, because a form is posted.
func (m *credentialsMethod) getCallback(e *exchange) error { return e.auth.methods.unknown() }

// postCallback signs in with what the visitor typed into the form.
func (m *credentialsMethod) postCallback(e *exchange) error {
	order := e.auth.nextSignIn(e.now) // before the check: Adopt may delete the credentials meanwhile
	u, err := m.authorize(e)
	if err != nil {
		return err
	}
	id := namedIdentity(u, m.ID)
	id.methods, id.order, id.callbackURL = m.methods(), order, e.callbackURL
	return e.signIn(id)
}

// authorize returns the user whom the application's check accepts.
func (m *credentialsMethod) authorize(e *exchange) (*User, error) {
	values, ok := m.values(e.form)
	if !ok {
		return nil, fail(CodeCredentialsSignIn, "a field is missing, too long or not valid text")
	}
	u, err := m.Authorize(e.r.Context(), values, e.r)
	switch {
	case err != nil:
		return nil, applicationError(CodeConfiguration, "Authorize", err)
	case u == nil:
		return nil, fail(CodeCredentialsSignIn, "Authorize returned no user")
	case u.ID == "":
		return nil, fail(CodeConfiguration, "Authorize returned a user without ID")
	}
	return u, nil
}
