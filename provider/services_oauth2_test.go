package provider_test

import "github.com/cardea-auth/cardea/provider"

var _ = add(
	service{"atlassian", provider.Atlassian(client)},
	service{"box", provider.Box(client)},
	service{
		"boxyhq", provider.BoxyHQ(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://sso.example"},
			provider.BoxyHQOptions{Tenant: "acme.example", Product: "crm"}),
	},
	service{
		"boxyhq-each", provider.BoxyHQ(provider.Client{ID: "dummy", Secret: "dummy", Issuer: "https://sso.example"},
			provider.BoxyHQOptions{}),
	},
	service{"bungie", provider.Bungie(client, provider.BungieOptions{APIKey: "the API key"})},
	service{"clickup", provider.ClickUp(client)},
	service{"coinbase", provider.Coinbase(client)},
	service{"concept2", provider.Concept2(client)},
	service{"dribbble", provider.Dribbble(client)},
	service{"dropbox", provider.Dropbox(client)},
	service{"eventbrite", provider.Eventbrite(client)},
	service{"eveonline", provider.EVEOnline(client)},
	service{"facebook", provider.Facebook(client)},
	service{"faceit", provider.FACEIT(client)},
	service{"figma", provider.Figma(client)},
	service{"fortytwo", provider.FortyTwo(client)},
	service{"foursquare", provider.Foursquare(client)},
	service{"freshbooks", provider.FreshBooks(client)},
	service{"gitlab", provider.GitLab(client)},
	service{
		"gitlab-own", provider.GitLab(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://git.acme.example/",
		}),
	},
	service{"hubspot", provider.HubSpot(client)},
	service{"kakao", provider.Kakao(client)},
	service{"mailchimp", provider.Mailchimp(client)},
	service{"mailru", provider.MailRu(client)},
	service{
		"mastodon", provider.Mastodon(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://social.example"}),
	},
	service{
		"mattermost", provider.Mattermost(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://chat.example",
		}),
	},
	service{"naver", provider.Naver(client)},
	service{"netlify", provider.Netlify(client)},
	service{
		"netsuite", provider.NetSuite(client,
			provider.NetSuiteOptions{
				AccountID:   "1234567_SB1",
				UserinfoURL: "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl?script=1&deploy=1",
			}),
	},
	service{
		"nextcloud", provider.Nextcloud(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://cloud.example"}),
	},
	service{"osso", provider.Osso(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://osso.example"})},
	service{"osu", provider.Osu(client)},
	service{"patreon", provider.Patreon(client)},
	service{"pinterest", provider.Pinterest(client)},
	service{"pipedrive", provider.Pipedrive(client)},
	service{"reddit", provider.Reddit(client)},
	service{"spotify", provider.Spotify(client)},
	service{"strava", provider.Strava(client)},
	service{"threads", provider.Threads(client)},
	service{"todoist", provider.Todoist(client)},
	service{"trakt", provider.Trakt(client)},
	service{"twitter", provider.Twitter(client)},
	service{"vk", provider.VK(provider.Client{ID: "app-id"})},
	service{"webex", provider.Webex(client)},
	service{"wechat", provider.WeChat(client, provider.WeChatOptions{})},
	service{"wechat-official", provider.WeChat(client, provider.WeChatOptions{OfficialAccount: true})},
	service{"wikimedia", provider.Wikimedia(client)},
	service{"wordpress", provider.WordPress(client)},
	service{"workos", provider.WorkOS(client, provider.WorkOSOptions{Organization: "org_01EHQMYV6MBK39QC5PZXHY59C3"})},
	service{"yandex", provider.Yandex(client)},
	service{"zoho", provider.Zoho(client, provider.ZohoOptions{DataCenter: "eu"})},
	service{"zoom", provider.Zoom(client)},
)
