package provider

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Shopify signs users in with the account of a shop's owner or staff. Create an app of that shop at
// https://dev.shopify.com/dashboard. Documentation:
// https://shopify.dev/docs/apps/build/authentication-authorization/authenticate-standalone-apps,
// and
// https://github.com/Shopify/shopify-app-js/blob/main/packages/apps/shopify-api/lib/auth/oauth/oauth.ts,
// read 2026-11-22. Scopes is read_products. Set it to the scopes of your app, or to none if the
// configuration of the app names them. The shop's customers cannot sign in. The e-mail address is
// verified if Shopify says so, because staff can enter any address. There is no picture.
//
// The access token belongs to the user and expires with the user's session at Shopify, or after a
// day. There is no refresh token. The code is exchanged only at the shop of the options, whatever
// shop the callback names. The callback's hmac would therefore prove nothing more and is not
// checked.
func Shopify(c Client, o ShopifyOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "shopify",
		Name:                "Shopify",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    "https://" + o.Shop + ".myshopify.com/admin/oauth/authorize",
		TokenURL:            "https://" + o.Shop + ".myshopify.com/admin/oauth/access_token",
		Scopes:              []string{"read_products"},
		ScopeSeparator:      ",",
		AuthorizationParams: url.Values{"grant_options[]": {"per-user"}},
		UseTokenAnswer:      true,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("associated_user")
			return oauth.Profile{
				ID:            user.String("id"),
				Name:          strings.TrimSpace(user.String("first_name") + " " + user.String("last_name")),
				Email:         user.String("email"),
				EmailVerified: user.True("email_verified"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#7ab55c", Logo: shopifyLogo},
		Err:   o.check(),
	}
}

// ShopifyOptions name the shop.
type ShopifyOptions struct {
	Shop string // the name {shop} in {shop}.myshopify.com; required
}

// check refuses names that would lead to another host.
func (o ShopifyOptions) check() error {
	odd := func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	if o.Shop == "" || strings.HasPrefix(o.Shop, "-") || strings.ContainsFunc(o.Shop, odd) {
		return errors.New(
			"ShopifyOptions.Shop: want the name before .myshopify.com, of lower-case letters, digits and hyphens",
		)
	}
	return nil
}

// shopifyLogo is from Simple Icons (CC0-1.0).
const shopifyLogo = "M15.337 23.979l7.216-1.561s-2.604-17.613-2.625-17.73c-.018-.116-.114-.192-.211-.192s-1.929-.136-1.929-.136-1.275-1.274-1.439-1.411c-.045-.037-.075-.057-.121-.074l-.914 21.104h.023zM11.71 11.305s-.81-.424-1.774-.424c-1.447 0-1.504.906-1.504 1.141 0 1.232 3.24 1.715 3.24 4.629 0 2.295-1.44 3.76-3.406 3.76-2.354 0-3.54-1.465-3.54-1.465l.646-2.086s1.245 1.066 2.28 1.066c.675 0 .975-.545.975-.932 0-1.619-2.654-1.694-2.654-4.359-.034-2.237 1.571-4.416 4.827-4.416 1.257 0 1.875.361 1.875.361l-.945 2.715-.02.01zM11.17.83c.136 0 .271.038.405.135-.984.465-2.064 1.639-2.508 3.992-.656.213-1.293.405-1.889.578C7.697 3.75 8.951.84 11.17.84V.83zm1.235 2.949v.135c-.754.232-1.583.484-2.394.736.466-1.777 1.333-2.645 2.085-2.971.193.501.309 1.176.309 2.1zm.539-2.234c.694.074 1.141.867 1.429 1.755-.349.114-.735.231-1.158.366v-.252c0-.752-.096-1.371-.271-1.871v.002zm2.992 1.289c-.02 0-.06.021-.078.021s-.289.075-.714.21c-.423-1.233-1.176-2.37-2.508-2.37h-.115C12.135.209 11.669 0 11.265 0 8.159 0 6.675 3.877 6.21 5.846c-1.194.365-2.063.636-2.16.674-.675.213-.694.232-.772.87-.075.462-1.83 14.063-1.83 14.063L15.009 24l.927-21.166z"
