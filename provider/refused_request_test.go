package provider_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// Who signs in is proven before a second request asks for more about them. A client that lacks the
// permission for it gets 403 or 404, as GitHub documents of GitHub Apps
// (https://docs.github.com/en/rest/users/emails): the person signs in without. Like
// https://github.com/nextauthjs/next-auth/issues/7777 and
// https://github.com/logto-io/logto/pull/5925.
func TestARefusedSecondRequestDoesNotFailTheSignIn(t *testing.T) {
	t.Parallel()
	own := provider.Client{ID: "app-id", Secret: secret, Issuer: "https://git.example"}
	const user = `"id":7,"account_id":"7","email":"public@a.example","email_verified":true,
		"name":"Ann","full_name":"Ann","display_name":"Ann"`
	listed := func(p *oauth.Provider) answers {
		return parse(t, plainToken+`,"urls":{"`+p.UserinfoURL+`":{`+user+`},"`+p.EmailsURL+`":[]}`)
	}
	userinfo := func(p *oauth.Provider) answers {
		base := strings.TrimSuffix(p.Issuer, "/")
		return parse(t, plainToken+`,"id_token":{"sub":"7","name":"Ann"},"urls":{"`+base+`/userinfo":{"sub":"7"}}`)
	}
	acme := openID()
	acme.UseUserinfo = true
	mails := plain()
	mails.EmailsURL = "https://acme.example/mails"
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		answers  func(*oauth.Provider) answers
	}{
		{"GitHub", provider.GitHub(client), listed},
		{"GitHub Enterprise", provider.GitHubEnterprise(own), listed},
		{"Gitea", provider.Gitea(own), listed},
		{"Forgejo", provider.Forgejo(own), listed},
		{"Bitbucket", provider.Bitbucket(client), listed},
		{"a literal", mails, listed},
		{"userinfo of a literal", acme, userinfo},
		{"userinfo of Okta", provider.Okta(own), userinfo},
		{"userinfo of Kinde", provider.Kinde(own), userinfo},
		{"userinfo of ZITADEL", provider.ZITADEL(own), userinfo},
	} {
		for _, status := range []int{http.StatusForbidden, http.StatusNotFound} {
			t.Run(tc.name+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				url := tc.provider.EmailsURL
				if url == "" {
					url = strings.TrimSuffix(tc.provider.Issuer, "/") + "/userinfo"
				}
				seen := visitor{
					answers: tc.answers(tc.provider), statuses: map[string]int{url: status},
				}.signIn(t, tc.provider)
				seen.accepted(t, "7")
				if u := seen.in.User; u.Email != "" || !u.EmailVerified.IsZero() || u.Name != "Ann" {
					t.Errorf("the user is %+v, want one without an address", u)
				}
				if !strings.Contains(seen.log, "level=WARN") || !strings.Contains(seen.log, "permission") {
					t.Errorf("the log does not say what to put right: %s", seen.log)
				}
			})
		}
	}
}

// Any other failure may pass, so the visitor tries again: the account would otherwise be created
// without its address.
func TestAFailedSecondRequestFailsTheSignIn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError} {
		p := provider.GitHub(client)
		seen := visitor{answers: readAnswers(t, "github"), statuses: map[string]int{p.EmailsURL: status}}.signIn(t, p)
		if seen.in != nil {
			t.Errorf("with status %d somebody is signed in", status)
		}
	}
}

// The request that says who signs in cannot be left out.
func TestARefusedFirstRequestFailsTheSignIn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound} {
		p := provider.GitHub(client)
		seen := visitor{answers: readAnswers(t, "github"), statuses: map[string]int{p.UserinfoURL: status}}.signIn(t, p)
		if seen.in != nil {
			t.Errorf("with status %d somebody is signed in", status)
		}
	}
}

// A hook that asks for userinfo in addition to an ID token is treated as the request would be.
func TestARefusedHookDoesNotFailTheSignIn(t *testing.T) {
	t.Parallel()
	p := openID()
	p.UseUserinfo, p.FetchUserinfo = true, func(ctx context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://acme.example/who?t="+g.AccessToken, nil)
		if err != nil {
			return nil, err
		}
		return g.Do(req)
	}
	const url = "https://acme.example/who"
	a := parse(t, plainToken+`,"id_token":{"sub":"7"},"urls":{"`+url+`":{"sub":"7"}}`)
	visitor{answers: a, statuses: map[string]int{url: http.StatusForbidden}}.signIn(t, p).accepted(t, "7")
}
