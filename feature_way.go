package cardea

import (
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
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
	return info
}

// isForm reports whether the way is a form alone.
func (m *wayMethod) isForm() bool { return m.way.Finish != nil && m.way.Start == nil }

// button returns the way as the sign-in page shows it.
func (m *wayMethod) button(basePath string) page.Provider {
	b := page.Provider{
		ID: m.way.ID, Name: m.way.Name, Kind: page.OAuth, Action: basePath + "/signin/" + m.way.ID,
		BrandColor: m.way.Style.BrandColor, Logo: m.way.Style.Logo,
	}
	if m.isForm() {
		b.Action = basePath + "/callback/" + m.way.ID
	}
	if m.isForm() || len(m.way.Fields) > 0 {
		b.Kind = page.Credentials
	}
	for _, f := range m.way.Fields {
		b.Fields = append(b.Fields, page.Field(f))
	}
	return b
}

func (m *wayMethod) signIn(e *exchange) error {
	if m.way.Start == nil {
		return e.redirectToSignIn()
	}
	return m.host.call(e, m.way.Start)
}

func (m *wayMethod) getCallback(e *exchange) error {
	if m.way.Return == nil {
		return e.auth.methods.unknown()
	}
	return m.host.call(e, m.way.Return)
}

func (m *wayMethod) postCallback(e *exchange) error {
	if m.way.Finish == nil {
		return e.auth.methods.unknown()
	}
	return m.host.call(e, m.way.Finish)
}
