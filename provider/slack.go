package provider

import "github.com/cardea-auth/cardea/oauth"

// Slack signs users in with an account of a Slack workspace. Create an app at
// https://api.slack.com/apps. Documentation:
// https://docs.slack.dev/authentication/sign-in-with-slack/ and
// https://docs.slack.dev/reference/methods/openid.connect.token, read 2026-11-22. The callback URL
// must be https, in development too. The same person has another ID in each workspace. The claim
// https://slack.com/team_id is the workspace's ID. Anybody can create a workspace: if only users of
// your own may sign in, set team in AuthorizationParams to its ID. The response must then be for
// that workspace. The e-mail address is verified if Slack says so.
func Slack(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "slack",
		Name:         "Slack",
		Type:         oauth.TypeOIDC,
		Issuer:       "https://slack.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ParamClaims:  []string{"team=https://slack.com/team_id", "team=https://slack.com/enterprise_id"},
		Style:        oauth.Style{BrandColor: "#4a154b", Logo: slackLogo},
	}
}

// slackLogo is from Simple Icons 13 (CC0-1.0).
const slackLogo = "M5.042 15.165a2.528 2.528 0 0 1-2.52 2.523A2.528 2.528 0 0 1 0 15.165a2.527 2.527 0 0 1 2.522-2.52h2.52v2.52zM6.313 15.165a2.527 2.527 0 0 1 2.521-2.52 2.527 2.527 0 0 1 2.521 2.52v6.313A2.528 2.528 0 0 1 8.834 24a2.528 2.528 0 0 1-2.521-2.522v-6.313zM8.834 5.042a2.528 2.528 0 0 1-2.521-2.52A2.528 2.528 0 0 1 8.834 0a2.528 2.528 0 0 1 2.521 2.522v2.52H8.834zM8.834 6.313a2.528 2.528 0 0 1 2.521 2.521 2.528 2.528 0 0 1-2.521 2.521H2.522A2.528 2.528 0 0 1 0 8.834a2.528 2.528 0 0 1 2.522-2.521h6.312zM18.956 8.834a2.528 2.528 0 0 1 2.522-2.521A2.528 2.528 0 0 1 24 8.834a2.528 2.528 0 0 1-2.522 2.521h-2.522V8.834zM17.688 8.834a2.528 2.528 0 0 1-2.523 2.521 2.527 2.527 0 0 1-2.52-2.521V2.522A2.527 2.527 0 0 1 15.165 0a2.528 2.528 0 0 1 2.523 2.522v6.312zM15.165 18.956a2.528 2.528 0 0 1 2.523 2.522A2.528 2.528 0 0 1 15.165 24a2.527 2.527 0 0 1-2.52-2.522v-2.522h2.52zM15.165 17.688a2.527 2.527 0 0 1-2.52-2.523 2.526 2.526 0 0 1 2.52-2.52h6.313A2.527 2.527 0 0 1 24 15.165a2.528 2.528 0 0 1-2.522 2.523h-6.313z"
