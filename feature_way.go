package cardea

import (
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
)

// wayMethod serves the requests of a way to sign in that a feature offers.
type wayMethod struct {
	host *Host
	way  feature.Way
}

// info says that a way with a form is one of credentials to the clients of Auth.js: only then do
// they post the form and report a refusal.
func (m *wayMethod) info() providerInfo {
	info := providerInfo{
		id: m.way.ID, name: m.way.Name, kind: TypeOAuth, style: m.way.Style, messages: m.way.Messages,
	}
	if m.isForm() {
		info.kind, info.statusOnRefusal = TypeCredentials, true
	}
	if m.way.Mailed != nil {
		info.kind, info.provesEmail = TypeEmail, true
	}
	return info
}

// isForm reports whether the way is a form alone.
func (m *wayMethod) isForm() bool { return m.way.Finish != nil && m.way.Start == nil }

// button returns the way as the sign-in page shows it in a language.
func (m *wayMethod) button(basePath string, t *language.Texts) page.Provider {
	way := m.way
	if way.Translate != nil {
		way = way.Translate(way, t)
	}
	b := page.Provider{
		ID: m.way.ID, Name: way.Name, Kind: page.OAuth, Action: basePath + "/signin/" + m.way.ID,
		BrandColor: way.Style.BrandColor, Logo: way.Style.Logo,
	}
	if m.isForm() {
		b.Action = basePath + "/callback/" + m.way.ID
	}
	if m.isForm() || len(way.Fields) > 0 {
		b.Kind = page.Credentials
	}
	if m.way.Mailed != nil {
		b.Kind = page.Email
	}
	for _, f := range way.Fields {
		b.Fields = append(b.Fields, page.Field(f))
	}
	for _, l := range way.Links {
		b.Links = append(b.Links, page.PageLink{URL: basePath + "/" + l.Path, Text: l.Text})
	}
	return b
}

func (m *wayMethod) signIn(e *exchange) error {
	if m.way.Start == nil {
		if m.way.Finish != nil {
			e.auth.log.WarnContext(e.r.Context(), "cardea: a form was sent to the wrong endpoint",
				aboutRequest(e.auth, e.r), "cause", "post the fields of "+m.way.ID+" to "+e.auth.config.BasePath+
					"/callback/"+m.way.ID)
		}
		return e.redirectToSignIn()
	}
	return callFeature(m.host, e, m.way.Start)
}

func (m *wayMethod) getCallback(e *exchange) error {
	if m.way.Return == nil {
		return e.auth.methods.unknown()
	}
	return callFeature(m.host, e, m.way.Return)
}

func (m *wayMethod) postCallback(e *exchange) error {
	if m.way.Finish == nil {
		return e.auth.methods.unknown()
	}
	return callFeature(m.host, e, m.way.Finish)
}

// fillVerifyRequest adds the form for the code to the page that says that a mail was sent, if this
// browser asked for the mail.
func (m *wayMethod) fillVerifyRequest(e *exchange, data *page.VerifyRequest) {
	if m.way.Mailed == nil {
		return
	}
	base := e.auth.config.BasePath
	data.ResendAction = base + "/signin/" + m.way.ID
	address, callbackURL := m.way.Mailed(withExchange(e.r.Context(), e))
	if address == "" {
		return
	}
	data.CodeAction, data.CSRFToken, data.Email = base+"/callback/"+m.way.ID, e.csrfToken, address
	data.CallbackURL = e.callbackURL
	if e.callbackURL == e.origin.String() && callbackURL != "" { // there was no room for it in its cookie
		data.CallbackURL = callbackURL
	}
}

// resume fills in what the feature says about an address that was proven before.
func (m *wayMethod) resume(id *identity) {
	if of := m.host.addresses; of != nil && id.isAddress {
		id.adopt = of.adopt
	}
}
