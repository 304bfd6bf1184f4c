package provider

import (
	"github.com/cardea-auth/cardea/oauth"
)

// Forgejo signs users in with an account of codeberg.org or another Forgejo server. Create an
// OAuth2 application at https://codeberg.org/user/settings/applications, or on your server.
// Documentation: https://forgejo.org/docs/latest/user/oauth2-provider/, read 2026-11-22. For
// another server, set c.Issuer to its address. The e-mail address is the primary one if that is
// activated, or else another activated one: a server that sends no confirmation mails marks every
// address as activated. Forgejo has no scopes for OAuth2: the token allows everything that the user
// may do.
func Forgejo(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "forgejo",
		Name:             "Forgejo",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: server(c, "https://codeberg.org") + "/login/oauth/authorize",
		TokenURL:         server(c, "https://codeberg.org") + "/login/oauth/access_token",
		UserinfoURL:      server(c, "https://codeberg.org") + "/api/v1/user",
		EmailsURL:        server(c, "https://codeberg.org") + "/api/v1/user/emails",
		Scopes:           []string{"read:user"},
		Profile:          giteaProfile,
		Style:            oauth.Style{BrandColor: "#fb923c", Logo: forgejoLogo},
	}
}

// forgejoLogo is from Simple Icons (CC0-1.0).
const forgejoLogo = "M16.7773 0c1.6018 0 2.9004 1.2986 2.9004 2.9005s-1.2986 2.9004-2.9004 2.9004c-1.0854 0-2.0315-.596-2.5288-1.4787H12.91c-2.3322 0-4.2272 1.8718-4.2649 4.195l-.0007 2.1175a7.0759 7.0759 0 0 1 4.148-1.4205l.1176-.001 1.3385.0002c.4973-.8827 1.4434-1.4788 2.5288-1.4788 1.6018 0 2.9004 1.2986 2.9004 2.9005s-1.2986 2.9004-2.9004 2.9004c-1.0854 0-2.0315-.596-2.5288-1.4787H12.91c-2.3322 0-4.2272 1.8718-4.2649 4.195l-.0007 2.319c.8827.4973 1.4788 1.4434 1.4788 2.5287 0 1.602-1.2986 2.9005-2.9005 2.9005-1.6018 0-2.9004-1.2986-2.9004-2.9005 0-1.0853.596-2.0314 1.4788-2.5287l-.0002-9.9831c0-3.887 3.1195-7.0453 6.9915-7.108l.1176-.001h1.3385C14.7458.5962 15.692 0 16.7773 0ZM7.2227 19.9052c-.6596 0-1.1943.5347-1.1943 1.1943s.5347 1.1943 1.1943 1.1943 1.1944-.5347 1.1944-1.1943-.5348-1.1943-1.1944-1.1943Zm9.5546-10.4644c-.6596 0-1.1944.5347-1.1944 1.1943s.5348 1.1943 1.1944 1.1943c.6596 0 1.1943-.5347 1.1943-1.1943s-.5347-1.1943-1.1943-1.1943Zm0-7.7346c-.6596 0-1.1944.5347-1.1944 1.1943s.5348 1.1943 1.1944 1.1943c.6596 0 1.1943-.5347 1.1943-1.1943s-.5347-1.1943-1.1943-1.1943Z"
