package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// Google documents two spellings of iss
// (https://developers.google.com/identity/openid-connect/openid-connect, "iss"). Both are the same
// issuer, so an account is the same under either, and no third one is.
func TestAnIssuerHasTheSpellingsThatItDocuments(t *testing.T) {
	t.Parallel()
	acme := openID()
	acme.IssuerAlias = "acme.example"
	for _, tc := range []struct {
		provider      *oauth.Provider
		service       string
		iss, callback string
		signedIn      bool
	}{
		{provider.Google(client), "google", "https://accounts.google.com", "", true},
		{provider.Google(client), "google", "accounts.google.com", "", true},
		{provider.Google(client), "google", "accounts.google.com", "https://accounts.google.com", true},
		{provider.Google(client), "google", "https://accounts.google.com", "accounts.google.com", true},
		{provider.Google(client), "google", "http://accounts.google.com", "", false},
		{provider.Google(client), "google", "https://accounts.google.com/", "", false},
		{provider.Google(client), "google", "accounts.google.com.evil.example", "", false},
		{provider.Google(client), "google", "", "", false},
		{provider.Google(client), "google", "accounts.google.com", "https://evil.example", false},
		{acme, "", "acme.example", "", true},
		{acme, "", "evil.example", "", false},
		{openID(), "", "acme.example", "", false},
		{openID(), "", "", "", false},
	} {
		t.Run(tc.provider.ID+" "+tc.iss+" "+tc.callback, func(t *testing.T) {
			t.Parallel()
			a := parse(t, plainToken+`,"id_token":{"sub":"7","iss":"`+tc.iss+`"}`)
			if tc.service != "" {
				a.URLs = readAnswers(t, tc.service).URLs
			}
			if tc.callback != "" {
				a.Callback = map[string]string{"iss": tc.callback}
			}
			seen := visitor{answers: a}.signIn(t, tc.provider)
			if tc.signedIn {
				seen.accepted(t, "7")
			} else if seen.in != nil {
				t.Error("somebody is signed in")
			}
		})
	}
}

// The issuer of a refreshed ID token must be the first one's (OpenID Connect Core 1.0 § 12.2), in
// either spelling.
func TestARefreshedIDTokenMayHaveTheOtherSpelling(t *testing.T) {
	t.Parallel()
	for iss, refreshed := range map[string]bool{
		"accounts.google.com": true, "https://accounts.google.com": true, "https://evil.example": false,
	} {
		a := parse(t, `"token":{"access_token":"at-1","refresh_token":"rt-1"},"id_token":{"sub":"7"}`)
		a.URLs = readAnswers(t, "google").URLs
		a.IDToken["iss"] = "https://accounts.google.com"
		seen := visitor{answers: a}.signIn(t, provider.Google(client))
		seen.accepted(t, "7")
		expired := *seen.in.Account
		expired.ExpiresAt = time.Now().Add(-time.Hour)
		if err := seen.store.UpdateAccount(t.Context(), &expired); err != nil {
			t.Fatal(err)
		}
		a.IDToken["iss"] = iss
		_, err := seen.auth.AccessToken(t.Context(), expired.UserID, "google")
		if (err == nil) != refreshed {
			t.Errorf("with iss %s the refresh gives %v", iss, err)
		}
	}
}

// The clouds of Microsoft Entra ID have their own addresses
// (https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud). The tokens
// of one are not those of another.
func TestEntraInItsClouds(t *testing.T) {
	t.Parallel()
	const public, us, china = "https://login.microsoftonline.com", "https://login.microsoftonline.us",
		"https://login.partner.microsoftonline.cn"
	for _, tc := range []struct {
		name, issuer string
		options      provider.MicrosoftEntraIDOptions
		cloud        string // of the token
		signedIn     bool
	}{
		{"US government", us + "/" + entraTenant + "/v2.0", provider.MicrosoftEntraIDOptions{}, us, true},
		{"China", china + "/common/v2.0", provider.MicrosoftEntraIDOptions{}, china, true},
		{"a slash at the end", us + "/common/v2.0/", provider.MicrosoftEntraIDOptions{}, us, true},
		{"a tenant of the options", us + "/common/v2.0", provider.MicrosoftEntraIDOptions{Tenant: "organizations"}, us,
			true},
		{"allowed tenants", us + "/common/v2.0",
			provider.MicrosoftEntraIDOptions{AllowedTenants: []string{entraTenant}}, us,
			true},
		{"external ID", "https://contoso.ciamlogin.com/" + entraTenant + "/v2.0", provider.MicrosoftEntraIDOptions{},
			"https://contoso.ciamlogin.com", true},
		{"the public one", public + "/" + entraTenant + "/v2.0", provider.MicrosoftEntraIDOptions{}, public, true},
		{"a token of another cloud", us + "/" + entraTenant + "/v2.0", provider.MicrosoftEntraIDOptions{}, public,
			false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := provider.MicrosoftEntraID(provider.Client{ID: "app-id", Secret: secret, Issuer: tc.issuer}, tc.options)
			a := entra(t, p, strings.TrimSuffix(p.Issuer, "/{tid}/v2.0"), entraTenant)
			a.IDToken["iss"] = tc.cloud + "/" + entraTenant + "/v2.0"
			seen := visitor{answers: a}.signIn(t, p)
			if tc.signedIn {
				seen.accepted(t, "7")
			} else if seen.in != nil {
				t.Error("somebody is signed in")
			}
		})
	}
}

// What the constructor cannot make an issuer of, New refuses, and no sign-in has to fail.
func TestNewRefusesIssuersThatEntraDoesNotHave(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{
		"https://sts.windows.net/" + entraTenant + "/", "https://login.microsoftonline.us",
		"https://login.microsoftonline.us/",
		"https://login.microsoftonline.us/common", "https://login.microsoftonline.us//v2.0",
		"https://login.microsoftonline.us/a/b/v2.0", "https://login.microsoftonline.us/common/v2.0?x=y", "common",
		"://",
		"login.microsoftonline.us/common/v2.0",
	} {
		p := provider.MicrosoftEntraID(provider.Client{ID: "app-id", Secret: secret, Issuer: issuer},
			provider.MicrosoftEntraIDOptions{})
		_, err := cardea.New(cardea.Config{Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{p}})
		if err == nil || !strings.Contains(err.Error(), "Client.Issuer: want the form") {
			t.Errorf("%s: got %v", issuer, err)
		}
	}
	p := provider.MicrosoftEntraID(client,
		provider.MicrosoftEntraIDOptions{AllowedTenants: []string{"contoso.example"}})
	_, err := cardea.New(cardea.Config{Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{p}})
	if err == nil || !strings.Contains(err.Error(), "AllowedTenants: want tenant IDs") {
		t.Errorf("a domain as an allowed tenant: got %v", err)
	}
}
