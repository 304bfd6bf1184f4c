package provider

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Discord signs users in with a Discord account. Create an application at
// https://discord.com/developers/applications. Documentation:
// https://docs.discord.com/developers/topics/oauth2, read 2026-11-22. The e-mail address is
// verified if Discord says so.
func Discord(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "discord",
		Name:             "Discord",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://discord.com/oauth2/authorize",
		TokenURL:         "https://discord.com/api/oauth2/token",
		UserinfoURL:      "https://discord.com/api/users/@me",
		Scopes:           []string{"identify", "email"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("id"),
				Name:          cmp.Or(raw.String("global_name"), raw.String("username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("verified"),
				Image:         discordAvatar(raw),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#5865f2", Logo: discordLogo},
	}
}

// discordAvatar returns the URL of the picture
// (https://docs.discord.com/developers/reference#image-formatting): the user's own, animated if its
// hash says so, or else a default one.
func discordAvatar(raw oauth.Claims) string {
	const cdn = "https://cdn.discordapp.com/"
	switch avatar := raw.String("avatar"); {
	case strings.HasPrefix(avatar, "a_"):
		return cdn + "avatars/" + raw.String("id") + "/" + avatar + ".gif"
	case avatar != "":
		return cdn + "avatars/" + raw.String("id") + "/" + avatar + ".png"
	}
	id, _ := strconv.ParseUint(raw.String("id"), 10, 64)
	index := (id >> 22) % 6
	// an account created before 2023
	if tag, err := strconv.ParseUint(raw.String("discriminator"), 10, 64); err == nil && tag != 0 {
		index = tag % 5
	}
	return fmt.Sprintf("%sembed/avatars/%d.png", cdn, index)
}

// discordLogo is from Simple Icons (CC0-1.0).
const discordLogo = "M20.317 4.3698a19.7913 19.7913 0 00-4.8851-1.5152.0741.0741 0 00-.0785.0371c-.211.3753-.4447.8648-.6083 1.2495-1.8447-.2762-3.68-.2762-5.4868 0-.1636-.3933-.4058-.8742-.6177-1.2495a.077.077 0 00-.0785-.037 19.7363 19.7363 0 00-4.8852 1.515.0699.0699 0 00-.0321.0277C.5334 9.0458-.319 13.5799.0992 18.0578a.0824.0824 0 00.0312.0561c2.0528 1.5076 4.0413 2.4228 5.9929 3.0294a.0777.0777 0 00.0842-.0276c.4616-.6304.8731-1.2952 1.226-1.9942a.076.076 0 00-.0416-.1057c-.6528-.2476-1.2743-.5495-1.8722-.8923a.077.077 0 01-.0076-.1277c.1258-.0943.2517-.1923.3718-.2914a.0743.0743 0 01.0776-.0105c3.9278 1.7933 8.18 1.7933 12.0614 0a.0739.0739 0 01.0785.0095c.1202.099.246.1981.3728.2924a.077.077 0 01-.0066.1276 12.2986 12.2986 0 01-1.873.8914.0766.0766 0 00-.0407.1067c.3604.698.7719 1.3628 1.225 1.9932a.076.076 0 00.0842.0286c1.961-.6067 3.9495-1.5219 6.0023-3.0294a.077.077 0 00.0313-.0552c.5004-5.177-.8382-9.6739-3.5485-13.6604a.061.061 0 00-.0312-.0286zM8.02 15.3312c-1.1825 0-2.1569-1.0857-2.1569-2.419 0-1.3332.9555-2.4189 2.157-2.4189 1.2108 0 2.1757 1.0952 2.1568 2.419 0 1.3332-.9555 2.4189-2.1569 2.4189zm7.9748 0c-1.1825 0-2.1569-1.0857-2.1569-2.419 0-1.3332.9554-2.4189 2.1569-2.4189 1.2108 0 2.1757 1.0952 2.1568 2.419 0 1.3332-.946 2.4189-2.1568 2.4189Z"
