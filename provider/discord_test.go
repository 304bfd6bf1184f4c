package provider_test

import (
	"testing"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

func TestDiscordAvatars(t *testing.T) {
	t.Parallel()
	discord := provider.Discord(client)
	for _, test := range []struct {
		raw  oauth.Claims
		want string
	}{
		{oauth.Claims{"id": "80351110224678912", "avatar": "a_1269"},
			"https://cdn.discordapp.com/avatars/80351110224678912/a_1269.gif"},
		{oauth.Claims{"id": "80351110224678912", "avatar": "8342"},
			"https://cdn.discordapp.com/avatars/80351110224678912/8342.png"},
		// (id >> 22) % 6
		{oauth.Claims{"id": "80351110224678912", "avatar": nil, "discriminator": "0"},
			"https://cdn.discordapp.com/embed/avatars/5.png"},
		{oauth.Claims{"id": "80351110224678912", "discriminator": "1337"},
			"https://cdn.discordapp.com/embed/avatars/2.png"},
		{oauth.Claims{"id": "80351110224678912"}, "https://cdn.discordapp.com/embed/avatars/5.png"},
	} {
		p, err := discord.Profile(t.Context(), test.raw)
		if err != nil || p.Image != test.want {
			t.Errorf("%v: got %s, %v, want %s", test.raw, p.Image, err, test.want)
		}
	}
}
