package provider_test

import (
	"testing"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// An address is verified only if the service sends true: not if it sends another value or none.
func TestVerifiedOnlyIfTheServiceSaysTrue(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for _, tc := range []struct {
		provider *oauth.Provider
		raw      func(verified any) oauth.Claims
	}{
		{provider.Autodesk(client), func(v any) oauth.Claims {
			return oauth.Claims{"sub": "7", "email_verified": v}
		}},
		{provider.DigitalOcean(client), func(v any) oauth.Claims {
			return oauth.Claims{"account": object{"uuid": "7", "email_verified": v}}
		}},
		{provider.Intercom(client, provider.IntercomOptions{}), func(v any) oauth.Claims {
			return oauth.Claims{"id": "7", "email_verified": v}
		}},
		{provider.Monday(client), func(v any) oauth.Claims {
			return oauth.Claims{"data": object{"me": object{"id": "7", "is_verified": v}}}
		}},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "acme"}), func(v any) oauth.Claims {
			return oauth.Claims{"associated_user": object{"id": "7", "email_verified": v}}
		}},
	} {
		for _, verified := range []any{true, false, "true", 1, nil} {
			got, err := tc.provider.Profile(t.Context(), tc.raw(verified))
			if want := verified == true; err != nil || got.ID != "7" || got.EmailVerified != want {
				t.Errorf("%s says %v: got %+v, %v", tc.provider.ID, verified, got, err)
			}
		}
	}
}

// Only the primary address of a PayPal account is used. An address that is not marked as primary is
// ignored.
func TestPayPalTakesThePrimaryAddress(t *testing.T) {
	t.Parallel()
	mail := func(address string, primary any) map[string]any {
		return map[string]any{"value": address, "primary": primary}
	}
	for _, tc := range []struct {
		emails any
		want   string
	}{
		{[]any{mail("old@example.com", false), mail("ann@example.com", true)}, "ann@example.com"},
		{[]any{mail("old@example.com", false)}, ""},
		{[]any{mail("old@example.com", "true")}, ""},
		{[]any{"ann@example.com", nil}, ""},
		{nil, ""},
	} {
		got, err := provider.PayPal(client, provider.PayPalOptions{}).Profile(t.Context(),
			oauth.Claims{"user_id": "u", "emails": tc.emails})
		if err != nil || got.Email != tc.want {
			t.Errorf("%v: got %q, %v, want %q", tc.emails, got.Email, err, tc.want)
		}
	}
}
