package cardea

import (
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/relyingparty"
)

// oauthMethod signs people in at an OAuth 2.0 or OpenID Connect provider.
type oauthMethod struct {
	oauthDefinition
	client *relyingparty.Client
}

// signIn sends the visitor to the provider, and keeps the state of the flow in a cookie.
func (m *oauthMethod) signIn(e *exchange) error {
	current, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err != nil {
		return err
	}
	return m.begin(e, newFlowState(m.Provider, e.callbackURL, userIDOf(current), e.now))
}

// begin begins a flow.
func (m *oauthMethod) begin(e *exchange, state flowState) error {
	to, err := m.client.AuthorizationRequest(e.r.Context(), &state.Flow, e.callbackEndpoint(m.ID), e.r.URL.Query())
	if err != nil {
		return providerError(err)
	}
	if err := e.saveFlowState(state); err != nil {
		return err
	}
	m.checkPolicy(e, to)
	return e.redirect(to)
}

// checkPolicy writes to the log if browsers do not follow the form to a URL that New could not
// know. Scripts are not concerned: they go there themselves.
func (m *oauthMethod) checkPolicy(e *exchange, to string) {
	if !isHTTP(to) || e.auth.pages.AllowsHTTP(e.origin.String()) ||
		e.fromAuthJS() || e.fromNextAuth4() || e.fromHTMX() {
		return
	}
	setting := "the provider's metadata, authorization_endpoint"
	if m.Redirect != nil {
		setting = "oauth.Provider.Redirect"
	}
	e.auth.log.WarnContext(e.r.Context(), "cardea: browsers do not follow the form to the provider", "provider", m.ID,
		"setting", setting, aboutRequest(e.auth, e.r), "cause", "the URL is http, and the "+
			"Content-Security-Policy of the built-in pages allows https, since the site is on https and "+
			"New knew of no http URL; use https, or in development a BaseURL on localhost")
}

// getCallback finishes a sign-in at the provider. The answer counts only if this browser began the
// flow.
func (m *oauthMethod) getCallback(e *exchange) error {
	params, err := m.callbackParams(e)
	if err != nil {
		return err
	}
	state, err := e.takeFlowState(m.ID, params.Get("state"))
	if err != nil {
		return err
	}
	id, err := m.identify(e, state, params)
	if err == nil {
		err = e.signIn(id)
	}
	if state.Confirms {
		return confirmation{e}.answer(err)
	}
	return err
}

// identify returns who has come back from the provider.
func (m *oauthMethod) identify(e *exchange, state flowState, params url.Values) (id identity, err error) {
	ctx := e.r.Context()
	var storeErr error
	once := func(proof string, until time.Time) (isNew bool) {
		isNew, storeErr = e.auth.once.useProof(ctx, m.ID, proof, e.now, until)
		return isNew
	}
	proven, err := m.client.Authenticate(ctx, relyingparty.Callback{
		Flow: state.Flow, Params: params, RedirectURI: e.callbackEndpoint(m.ID), Once: once,
	})
	if storeErr != nil {
		return id, storeErr
	} else if err != nil {
		return id, providerError(err)
	}
	methods := []string{methodFederated}
	if proven.TwoFactors {
		methods = append(methods, methodMulti)
	}
	return identity{
		profile:     proven.Profile,
		account:     newAccount(m.Provider, proven.Profile.ID, proven.Token),
		methods:     methods,
		by:          m.ID,
		startedBy:   state.UserID,
		linkByEmail: m.LinkByVerifiedEmail,
		callbackURL: state.CallbackURL,
		confirms:    state.confirms(),
		provenAt:    proven.ProvenAt,
		isSilent:    proven.ProvenAt.IsZero() && !m.InsecureSkipAuthTime,
	}, nil
}

// callbackParams returns the parameters with which the provider sent the browser back.
func (m *oauthMethod) callbackParams(e *exchange) (url.Values, error) {
	q, err := url.ParseQuery(e.r.URL.RawQuery)
	if err != nil {
		return nil, fail(CodeInvalidCheck, "the callback's query is malformed")
	}
	if m.FormPost {
		if q, err = m.openForm(e, q.Get(formParam)); err != nil {
			return nil, err
		}
	}
	return q, providerError(m.client.CheckRepeats(q))
}
