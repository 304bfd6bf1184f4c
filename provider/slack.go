package provider

import "github.com/cardea-auth/cardea"

// Slack signs in with an account of a Slack workspace, by an app (https://api.slack.com/apps; rules:
// https://docs.slack.dev/authentication/sign-in-with-slack/). The callback URL must be https, in development too. The same person has another id in
// each workspace, whose id is the claim https://slack.com/team_id: anybody can make a workspace, so check it in Callbacks.SignIn if only your own
// should enter. The e-mail is verified if Slack says so.
func Slack(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "slack",
		Name:         "Slack",
		Type:         cardea.OIDC,
		Issuer:       "https://slack.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        cardea.Style{BrandColor: "#4a154b"},
	}
}
