package provider_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

const (
	entraTenant   = "b9419818-09af-49c2-b0c3-653adc1f376e"
	entraPersonal = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// A tenant, organization or connection that a provider only names in the authorization request is a
// parameter in the visitor's address bar. The response says which one it is for, and is refused if
// that is another. Auth0 asks clients to check so
// (https://auth0.com/docs/manage-users/organizations/using-tokens), as do Google for hd and
// Microsoft for tid.
func TestServicesRefuseOtherTenants(t *testing.T) {
	t.Parallel()
	asking := func(p *oauth.Provider, name, value string) *oauth.Provider {
		p.AuthorizationParams = url.Values{name: {value}}
		return p
	}
	workos := func(members string) answers {
		return parse(t, plainToken+`,"urls":{"https://api.workos.com/sso/profile":{"id":"7",`+members+`}}`)
	}
	osso := provider.Client{ID: "app-id", Secret: secret, Issuer: "https://osso.example"}
	requested := func(members string) answers {
		return parse(t, plainToken+`,"urls":{"https://osso.example/oauth/me":{"id":"7","requested":{`+members+`}}}`)
	}
	fusion := provider.FusionAuth(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://auth.acme.example"},
		provider.FusionAuthOptions{TenantID: "30663132-6464-6665-3032-326466613934"})
	auth0 := func() *oauth.Provider {
		return provider.Auth0(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://acme.eu.auth0.com"})
	}
	claims := func(p *oauth.Provider, text string) answers {
		a := parse(t, plainToken+`,"id_token":{"sub":"7",`+text+`}`)
		if p.DiscoveryURL != "" {
			a.URLs = readAnswers(t, "fusionauth-tenant").URLs
		}
		return a
	}
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		answers  func(*oauth.Provider) answers
		signedIn bool
	}{
		{"WorkOS: the organization", provider.WorkOS(client, provider.WorkOSOptions{Organization: "org_1"}),
			func(*oauth.Provider) answers {
				return workos(`"organization_id":"org_1","connection_id":"conn_1"`)
			}, true},
		{"WorkOS: another organization", provider.WorkOS(client, provider.WorkOSOptions{Organization: "org_1"}),
			func(*oauth.Provider) answers {
				return workos(`"organization_id":"org_2","connection_id":"conn_2"`)
			}, false},
		{"WorkOS: no organization", provider.WorkOS(client, provider.WorkOSOptions{Organization: "org_1"}),
			func(*oauth.Provider) answers { return workos(`"organization_id":null`) }, false},
		{"WorkOS: another connection", provider.WorkOS(client, provider.WorkOSOptions{Connection: "conn_1"}),
			func(*oauth.Provider) answers {
				return workos(`"organization_id":"org_1","connection_id":"conn_2"`)
			}, false},
		{"WorkOS: another kind of connection", provider.WorkOS(client, provider.WorkOSOptions{Provider: "GoogleOAuth"}),
			func(*oauth.Provider) answers { return workos(`"connection_type":"OktaSAML"`) }, false},
		{"WorkOS: the kind of connection", provider.WorkOS(client, provider.WorkOSOptions{Provider: "GoogleOAuth"}),
			func(*oauth.Provider) answers { return workos(`"connection_type":"GoogleOAuth"`) }, true},
		{"FusionAuth: another tenant", fusion,
			func(p *oauth.Provider) answers {
				return claims(p, `"tid":"00000000-6464-6665-3032-326466613934"`)
			}, false},
		{"FusionAuth: no tenant", fusion, func(p *oauth.Provider) answers { return claims(p, `"email":null`) }, false},
		{"Auth0: the organization", asking(auth0(), "organization", "org_1"),
			func(p *oauth.Provider) answers { return claims(p, `"org_id":"org_1"`) }, true},
		{"Auth0: the organization by name", asking(auth0(), "organization", "acme"),
			func(p *oauth.Provider) answers { return claims(p, `"org_id":"org_1","org_name":"acme"`) }, true},
		{"Auth0: another organization", asking(auth0(), "organization", "org_1"),
			func(p *oauth.Provider) answers { return claims(p, `"org_id":"org_2"`) }, false},
		{"Auth0: no organization", asking(auth0(), "organization", "org_1"),
			func(p *oauth.Provider) answers { return claims(p, `"email":null`) }, false},
		{"Slack: the workspace", asking(provider.Slack(client), "team", "T0R7GR"),
			func(p *oauth.Provider) answers { return claims(p, `"https://slack.com/team_id":"T0R7GR"`) }, true},
		{"Slack: another workspace", asking(provider.Slack(client), "team", "T0R7GR"),
			func(p *oauth.Provider) answers { return claims(p, `"https://slack.com/team_id":"T666"`) }, false},
		{"Osso: the company", asking(provider.Osso(osso), "domain", "acme.example"),
			func(*oauth.Provider) answers { return requested(`"domain":"acme.example"`) }, true},
		{"Osso: another company", asking(provider.Osso(osso), "domain", "acme.example"),
			func(*oauth.Provider) answers { return requested(`"domain":"evil.example"`) }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			seen := visitor{answers: tc.answers(tc.provider)}.signIn(t, tc.provider)
			if tc.signedIn {
				seen.accepted(t, "7")
			} else {
				seen.denied(t, "AuthorizationParams")
			}
		})
	}
}

// The claim org_codes of Kinde lists all organizations of the user
// (https://docs.kinde.com/build/tokens/about-id-tokens/).
func TestKindeRefusesUsersOfOtherOrganizations(t *testing.T) {
	t.Parallel()
	for org, signedIn := range map[string]bool{"org_1": true, "org_2": false} {
		p := provider.Kinde(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://acme.kinde.com"})
		p.AuthorizationParams = url.Values{"org_code": {org}}
		seen := visitor{answers: readAnswers(t, "kinde")}.signIn(t, p)
		if signedIn {
			seen.accepted(t, "kp_0ba7c433e5d648cf992621ce99d42817")
		} else {
			seen.denied(t, "claim org_codes")
		}
	}
}

// entra returns the responses of Microsoft Entra ID for a user of a tenant. The metadata of the
// authority has an issuer in braces, unless the authority is one tenant.
func entra(t *testing.T, p *oauth.Provider, cloud, tenant string) answers {
	t.Helper()
	a := parse(t, plainToken)
	a.IDToken = map[string]any{"sub": "7", "tid": tenant, "iss": cloud + "/" + tenant + "/v2.0"}
	a.URLs = map[string]json.RawMessage{p.DiscoveryURL: json.RawMessage(
		`{"issuer":"` + cloud + `/{tenantid}/v2.0","authorization_endpoint":"` + cloud +
			`/common/authorize","token_endpoint":"` +
			cloud + `/common/token","jwks_uri":"` + cloud +
			`/keys","id_token_signing_alg_values_supported":["ES256"]}`)}
	return a
}

// "organizations" in the address bar can be replaced by "common", which lets personal accounts in
// (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference, tid). So can a
// tenant.
func TestEntraRefusesTenantsThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	const cloud = "https://login.microsoftonline.com"
	one := provider.MicrosoftEntraIDOptions{Tenant: strings.ToUpper(entraTenant)}
	for _, tc := range []struct {
		name     string
		options  provider.MicrosoftEntraIDOptions
		tenant   string
		signedIn bool
	}{
		{"organizations: an organization", provider.MicrosoftEntraIDOptions{Tenant: "organizations"}, entraTenant,
			true},
		{"organizations: a person", provider.MicrosoftEntraIDOptions{Tenant: "organizations"}, entraPersonal, false},
		{"consumers: a person", provider.MicrosoftEntraIDOptions{Tenant: "consumers"}, entraPersonal, true},
		{"consumers: an organization", provider.MicrosoftEntraIDOptions{Tenant: "consumers"}, entraTenant, false},
		{"common: a person", provider.MicrosoftEntraIDOptions{}, entraPersonal, true},
		{"common: an organization", provider.MicrosoftEntraIDOptions{}, entraTenant, true},
		{"one tenant: that one", one, entraTenant, true},
		{"one tenant: a person", one, entraPersonal, false},
		{"a list: one of it", provider.MicrosoftEntraIDOptions{AllowedTenants: []string{strings.ToUpper(entraTenant)}},
			entraTenant, true},
		{"a list: a person", provider.MicrosoftEntraIDOptions{AllowedTenants: []string{entraTenant}}, entraPersonal,
			false},
		{"organizations and a list: a person", provider.MicrosoftEntraIDOptions{
			Tenant: "organizations", AllowedTenants: []string{entraTenant, entraPersonal},
		}, entraPersonal, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := provider.MicrosoftEntraID(client, tc.options)
			seen := visitor{answers: entra(t, p, cloud, tc.tenant)}.signIn(t, p)
			if tc.signedIn {
				seen.accepted(t, "7")
			} else if seen.in != nil {
				t.Errorf("a user of %s is signed in", tc.tenant)
			}
		})
	}
}

// A subject is unique within one issuer (OpenID Connect Core 1.0 § 2: "locally unique"), so two
// tenants with the subject 1 have two users (OWASP ASVS 5.0, 6.8.1).
func TestTheIssuerIsPartOfTheAccountID(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	users := map[string]bool{}
	for _, tc := range []struct{ provider, issuer, claims, iss, id string }{
		{"one", "https://acme.example/{tid}/v2.0", `"sub":"1","tid":"a"`, "https://acme.example/a/v2.0", "a/1"},
		{"one", "https://acme.example/{tid}/v2.0", `"sub":"1","tid":"b"`, "https://acme.example/b/v2.0", "b/1"},
		{"one", "https://acme.example/{tid}/v2.0", `"sub":"b/1","tid":"a"`, "https://acme.example/a/v2.0", "a/b/1"},
		{"two", "https://acme.example/{tid}/{env}", `"sub":"1","tid":"a","env":"b"`, "https://acme.example/a/b",
			"a/b/1"},
		{"none", "https://acme.example", `"sub":"1","tid":"a"`, "https://acme.example", "1"},
	} {
		p := openID()
		p.ID, p.Issuer = tc.provider, tc.issuer
		a := parse(t, plainToken+`,"id_token":{`+tc.claims+`,"iss":"`+tc.iss+`"}`)
		if strings.Contains(tc.issuer, "{") {
			p.DiscoveryURL = "https://acme.example/d"
			a.URLs = map[string]json.RawMessage{p.DiscoveryURL: metadataOf(tc.issuer)}
		}
		seen := visitor{answers: a, store: store}.signIn(t, p)
		seen.accepted(t, tc.id)
		users[seen.in.User.ID] = true
	}
	if len(users) != 5 {
		t.Errorf("five people are %d users", len(users))
	}
}

// A sub may have 255 characters (OpenID Connect Core 1.0 § 2), also in a tenant. IDs that fit stay
// readable, and no sub makes the hash of somebody else.
func TestAccountIDOfALongSubject(t *testing.T) {
	t.Parallel()
	const hash = "sha256:62f50a8efe86f470f151764dc0df1942d46d50a6daeafda328348323afee442c" // of a/sss…
	store, long, tenant := memadapter.New(), strings.Repeat("s", 255), strings.Repeat("t", 300)
	users := map[string]string{} // by tenant and sub
	signIn := func(tid, sub string) visit {
		p := openID()
		p.Issuer, p.DiscoveryURL = "https://acme.example/{tid}", "https://acme.example/d"
		a := parse(t, plainToken+`,"id_token":{"sub":"`+sub+`","tid":"`+tid+`","iss":"https://acme.example/`+tid+`"}`)
		a.URLs = map[string]json.RawMessage{p.DiscoveryURL: metadataOf(p.Issuer)}
		return visitor{answers: a, store: store}.signIn(t, p)
	}
	hashOf := func(id string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(id))) }
	for range 2 { // the second time they are the same users
		for _, tc := range []struct{ tid, sub, id string }{
			{"a", long[:253], "a/" + long[:253]},
			{"a", long[:254], hashOf("a/" + long[:254])},
			{"a", long, hash},
			{"b", long, hashOf("b/" + long)},
			{"a", hash, "a/" + hash},
			{tenant, "1", hashOf(tenant + "/1")},
		} {
			seen := signIn(tc.tid, tc.sub)
			seen.accepted(t, tc.id)
			key := tc.tid + " " + tc.sub
			if known, ok := users[key]; ok && known != seen.in.User.ID {
				t.Errorf("%s is user %s, and was user %s", key, seen.in.User.ID, known)
			}
			users[key] = seen.in.User.ID
		}
	}
	if n := len(slices.Compact(slices.Sorted(maps.Values(users)))); n != 6 {
		t.Errorf("six people are %d users", n)
	}
	signIn("a", long+"s").denied(t, "sub: longer than 255 characters")
}

func metadataOf(issuer string) json.RawMessage {
	return json.RawMessage(`{"issuer":"` + issuer + `","authorization_endpoint":"https://acme.example/authorize",
		"token_endpoint":"https://acme.example/token","jwks_uri":"https://acme.example/jwks",
		"userinfo_endpoint":"https://acme.example/userinfo","id_token_signing_alg_values_supported":["ES256"]}`)
}

// The tenant is that of the ID token, even if the userinfo endpoint says another.
func TestUserinfoCannotReplaceTheTenantOfTheAccountID(t *testing.T) {
	t.Parallel()
	p := openID()
	p.Issuer, p.DiscoveryURL, p.UseUserinfo = "https://acme.example/{tid}/v2.0", "https://acme.example/d", true
	a := parse(t, plainToken+`,"id_token":{"sub":"1","tid":"a","iss":"https://acme.example/a/v2.0"},
		"urls":{"https://acme.example/userinfo":{"sub":"1","tid":"b"}}`)
	a.URLs[p.DiscoveryURL] = metadataOf(p.Issuer)
	visitor{answers: a}.signIn(t, p).accepted(t, "a/1")
}

// Pipedrive guarantees only company_id and id together to be unique
// (https://pipedrive.readme.io/docs/marketplace-getting-user-data).
func TestPipedriveUsersOfTwoCompaniesAreTwo(t *testing.T) {
	t.Parallel()
	store, ids := memadapter.New(), map[string]bool{}
	for _, company := range []string{"1", "2"} {
		a := parse(t, plainToken+`,"urls":{"https://api.pipedrive.com/v1/users/me":{"data":{"id":7,"company_id":`+
			company+`}}}`)
		seen := visitor{answers: a, store: store}.signIn(t, provider.Pipedrive(client))
		seen.accepted(t, company+"/7")
		ids[seen.in.User.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("users of two companies are %d users", len(ids))
	}
	a := parse(t, plainToken+`,"urls":{"https://api.pipedrive.com/v1/users/me":{"data":{"id":7}}}`)
	if seen := (visitor{answers: a}).signIn(t, provider.Pipedrive(client)); seen.in != nil {
		t.Error("a user of no company is signed in")
	}
}

// New reports rules about tenants and claims that could never pass or never fail.
func TestMisuseOfClaimRules(t *testing.T) {
	t.Parallel()
	const tenants = "https://acme.example/{tid}/v2.0"
	for want, change := range map[string]func(*oauth.Provider){
		".RefusedIssuers: has no effect on an Issuer without braces": func(p *oauth.Provider) {
			p.RefusedIssuers = []string{"https://acme.example"}
		},
		".RefusedIssuers[0]: want an issuer like " + tenants: func(p *oauth.Provider) {
			p.Issuer, p.DiscoveryURL, p.RefusedIssuers = tenants, "https://acme.example/d", []string{"a"}
		},
		".IssuerAlias: has no effect on an Issuer with braces": func(p *oauth.Provider) {
			p.Issuer, p.DiscoveryURL, p.IssuerAlias = tenants, "https://acme.example/d", "acme.example"
		},
		`.RequiredClaims: claim "acr": want a name and one value or more`: func(p *oauth.Provider) {
			p.RequiredClaims = map[string][]string{"acr": {}}
		},
		`.ParamClaims[1]: want parameter=claim, have "hd"`: func(p *oauth.Provider) {
			p.ParamClaims = []string{"team=tid", "hd"}
		},
		`.AuthorizationParams: max_age: want a number of seconds, have "1h"`: func(p *oauth.Provider) {
			p.AuthorizationParams = url.Values{"max_age": {"1h"}}
		},
	} {
		p := openID()
		change(p)
		_, err := cardea.New(cardea.Config{Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{p}})
		if err == nil || !strings.Contains(err.Error(), "cardea: Config.Providers[0] (acme)"+want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
