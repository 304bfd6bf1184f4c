package provider

import (
	"context"
	"errors"

	"github.com/cardea-auth/cardea/oauth"
)

// Intercom signs users in with the account of a teammate of an Intercom workspace. Create an app
// with OAuth at https://app.intercom.com/a/apps/_/developer-hub. Documentation:
// https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth;
// for the user, GET /me in https://github.com/intercom/Intercom-OpenAPI, read 2026-11-22. The app
// needs the permission to read admins. It is a setting of the app, so no scope is sent. The
// callback URL must be https. The token does not expire.
//
// The e-mail address is verified if Intercom says so. Intercom asks applications to refuse users
// whose address is not verified. Use Callbacks.SignIn for that.
func Intercom(c Client, o IntercomOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:               "intercom",
		Name:             "Intercom",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://app." + o.region() + "intercom.com/oauth",
		TokenURL:         "https://api." + o.region() + "intercom.io/auth/eagle/token",
		UserinfoURL:      "https://api." + o.region() + "intercom.io/me",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("id"),
				Name:          raw.String("name"),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("avatar", "image_url"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#6afdef", Logo: intercomLogo},
		Err:   o.check(),
	}
}

// IntercomOptions name the region of the workspaces.
type IntercomOptions struct {
	Region string // "eu" or "au"; defaults to the United States
}

func (o IntercomOptions) region() string {
	if o.Region == "" {
		return ""
	}
	return o.Region + "."
}

func (o IntercomOptions) check() error {
	switch o.Region {
	case "", "eu", "au":
		return nil
	}
	return errors.New("IntercomOptions.Region: want eu or au, or leave it empty for the United States")
}

// intercomLogo is from Simple Icons (CC0-1.0).
const intercomLogo = "M21 0H3C1.343 0 0 1.343 0 3v18c0 1.658 1.343 3 3 3h18c1.658 0 3-1.342 3-3V3c0-1.657-1.342-3-3-3zm-5.801 4.399c0-.44.36-.8.802-.8.44 0 .8.36.8.8v10.688c0 .442-.36.801-.8.801-.443 0-.802-.359-.802-.801V4.399zM11.2 3.994c0-.44.357-.799.8-.799s.8.359.8.799v11.602c0 .44-.357.8-.8.8s-.8-.36-.8-.8V3.994zm-4 .405c0-.44.359-.8.799-.8.443 0 .802.36.802.8v10.688c0 .442-.36.801-.802.801-.44 0-.799-.359-.799-.801V4.399zM3.199 6c0-.442.36-.8.802-.8.44 0 .799.358.799.8v7.195c0 .441-.359.8-.799.8-.443 0-.802-.36-.802-.8V6zM20.52 18.202c-.123.105-3.086 2.593-8.52 2.593-5.433 0-8.397-2.486-8.521-2.593-.335-.288-.375-.792-.086-1.128.285-.334.79-.375 1.125-.09.047.041 2.693 2.211 7.481 2.211 4.848 0 7.456-2.186 7.479-2.207.334-.289.839-.25 1.128.086.289.336.25.84-.086 1.128zm.281-5.007c0 .441-.36.8-.801.8-.441 0-.801-.36-.801-.8V6c0-.442.361-.8.801-.8.441 0 .801.357.801.8v7.195z"
