package cardea

// postSignIn begins a sign-in: it sends the visitor to the provider, and leaves the attempt in a
// cookie.
func (v *exchange) postSignIn() error {
	if _, ok := v.auth.provider(v.provider).(*CredentialsProvider); ok || v.provider == "" {
		return v.redirect(withQuery(v.signInPage(), "callbackUrl", v.callbackURL))
	}
	if m, ok := v.auth.mailers[v.provider]; ok {
		return v.postMailRequest(m)
	}
	client, ok := v.auth.clients[v.provider]
	if !ok {
		return fail(CodeConfiguration, "no provider has this id; Config.Providers has %q", v.auth.ids())
	}
	current, err := v.auth.read(v.r.Context(), v.presented())
	if err != nil {
		return err
	}
	at := newAttempt(client.OAuthProvider, v.callbackURL, userOf(current), v.now)
	to, err := client.authorizationURL(v.r.Context(), at, v.callback(client.ID), v.r.URL.Query())
	if err != nil {
		return err
	}
	if err := v.keepAttempt(at); err != nil {
		return err
	}
	return v.redirect(to)
}

// callback is the redirect URI of a provider: the same text in every request of a flow, and another
// one for each provider (RFC 9700 § 4.4).
func (v *exchange) callback(provider string) string {
	return v.absolute(v.auth.config.BasePath + "/callback/" + provider)
}

// provider is the provider with that id, nil when there is none.
func (a *Auth) provider(id string) Provider {
	for _, p := range a.config.Providers {
		if found, _, _, _ := p.identity(); found == id {
			return p
		}
	}
	return nil
}

func (a *Auth) ids() []string {
	var ids []string
	for _, p := range a.config.Providers {
		id, _, _, _ := p.identity()
		ids = append(ids, id)
	}
	return ids
}
