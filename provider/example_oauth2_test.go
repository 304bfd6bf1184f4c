package provider_test

import (
	"fmt"

	"github.com/cardea-auth/cardea/provider"
)

func ExampleAtlassian() {
	p := provider.Atlassian(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Atlassian https://auth.atlassian.com/authorize
}

func ExampleBox() {
	p := provider.Box(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Box https://account.box.com/api/oauth2/authorize
}

func ExampleBoxyHQ() {
	p := provider.BoxyHQ(provider.Client{ID: "id", Secret: "secret", Issuer: "https://sso.example"},
		provider.BoxyHQOptions{Tenant: "acme.example", Product: "crm"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: BoxyHQ SAML https://sso.example/api/oauth/authorize
}

func ExampleBungie() {
	p := provider.Bungie(provider.Client{ID: "id", Secret: "secret"}, provider.BungieOptions{APIKey: "the API key"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Bungie https://www.bungie.net/en/OAuth/Authorize
}

func ExampleClickUp() {
	p := provider.ClickUp(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: ClickUp https://app.clickup.com/api
}

func ExampleCoinbase() {
	p := provider.Coinbase(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Coinbase https://login.coinbase.com/oauth2/auth
}

func ExampleConcept2() {
	p := provider.Concept2(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Concept2 https://log.concept2.com/oauth/authorize
}

func ExampleDribbble() {
	p := provider.Dribbble(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Dribbble https://dribbble.com/oauth/authorize
}

func ExampleDropbox() {
	p := provider.Dropbox(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Dropbox https://www.dropbox.com/oauth2/authorize
}

func ExampleEventbrite() {
	p := provider.Eventbrite(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Eventbrite https://www.eventbrite.com/oauth/authorize
}

func ExampleEVEOnline() {
	p := provider.EVEOnline(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: EVE Online https://login.eveonline.com/v2/oauth/authorize
}

func ExampleFacebook() {
	p := provider.Facebook(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Facebook https://www.facebook.com/dialog/oauth
}

func ExampleFACEIT() {
	p := provider.FACEIT(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: FACEIT https://accounts.faceit.com/accounts
}

func ExampleFigma() {
	p := provider.Figma(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Figma https://www.figma.com/oauth
}

func ExampleFortyTwo() {
	p := provider.FortyTwo(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: 42 School https://api.intra.42.fr/oauth/authorize
}

func ExampleFoursquare() {
	p := provider.Foursquare(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Foursquare https://foursquare.com/oauth2/authenticate
}

func ExampleFreshBooks() {
	p := provider.FreshBooks(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: FreshBooks https://auth.freshbooks.com/oauth/authorize
}

func ExampleGitLab() {
	p := provider.GitLab(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: GitLab https://gitlab.com/oauth/authorize
}

func ExampleHubSpot() {
	p := provider.HubSpot(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: HubSpot https://app.hubspot.com/oauth/authorize
}

func ExampleKakao() {
	p := provider.Kakao(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Kakao https://kauth.kakao.com/oauth/authorize
}

func ExampleMailchimp() {
	p := provider.Mailchimp(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Mailchimp https://login.mailchimp.com/oauth2/authorize
}

func ExampleMailRu() {
	p := provider.MailRu(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Mail.ru https://oauth.mail.ru/login
}

func ExampleMastodon() {
	p := provider.Mastodon(provider.Client{ID: "id", Secret: "secret", Issuer: "https://social.example"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Mastodon https://social.example/oauth/authorize
}

func ExampleMattermost() {
	p := provider.Mattermost(provider.Client{ID: "id", Secret: "secret", Issuer: "https://chat.example"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Mattermost https://chat.example/oauth/authorize
}

func ExampleNaver() {
	p := provider.Naver(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Naver https://nid.naver.com/oauth2.0/authorize
}

func ExampleNetlify() {
	p := provider.Netlify(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Netlify https://app.netlify.com/authorize
}

func ExampleNetSuite() {
	p := provider.NetSuite(provider.Client{ID: "id", Secret: "secret"},
		provider.NetSuiteOptions{
			AccountID: "1234567_SB1", UserinfoURL: "https://1234567-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl?script=1&deploy=1",
		})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: NetSuite https://1234567-sb1.app.netsuite.com/app/login/oauth2/authorize.nl
}

func ExampleNextcloud() {
	p := provider.Nextcloud(provider.Client{ID: "id", Secret: "secret", Issuer: "https://cloud.example"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Nextcloud https://cloud.example/apps/oauth2/authorize
}

func ExampleOsso() {
	p := provider.Osso(provider.Client{ID: "id", Secret: "secret", Issuer: "https://osso.example"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Osso https://osso.example/oauth/authorize
}

func ExampleOsu() {
	p := provider.Osu(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: osu! https://osu.ppy.sh/oauth/authorize
}

func ExamplePatreon() {
	p := provider.Patreon(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Patreon https://www.patreon.com/oauth2/authorize
}

func ExamplePinterest() {
	p := provider.Pinterest(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Pinterest https://www.pinterest.com/oauth/
}

func ExamplePipedrive() {
	p := provider.Pipedrive(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Pipedrive https://oauth.pipedrive.com/oauth/authorize
}

func ExampleReddit() {
	p := provider.Reddit(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Reddit https://www.reddit.com/api/v1/authorize
}

func ExampleSpotify() {
	p := provider.Spotify(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Spotify https://accounts.spotify.com/authorize
}

func ExampleStrava() {
	p := provider.Strava(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Strava https://www.strava.com/oauth/authorize
}

func ExampleThreads() {
	p := provider.Threads(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Threads https://threads.com/oauth/authorize
}

func ExampleTodoist() {
	p := provider.Todoist(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Todoist https://todoist.com/oauth/authorize
}

func ExampleTrakt() {
	p := provider.Trakt(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Trakt https://auth.trakt.tv/oauth/authorize
}

func ExampleTwitter() {
	p := provider.Twitter(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: X https://x.com/i/oauth2/authorize
}

func ExampleVK() {
	p := provider.VK(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: VK https://id.vk.com/authorize
}

func ExampleWebex() {
	p := provider.Webex(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Webex https://webexapis.com/v1/authorize
}

func ExampleWeChat() {
	p := provider.WeChat(provider.Client{ID: "id", Secret: "secret"}, provider.WeChatOptions{})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: WeChat https://open.weixin.qq.com/connect/qrconnect
}

func ExampleWikimedia() {
	p := provider.Wikimedia(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Wikimedia https://meta.wikimedia.org/w/rest.php/oauth2/authorize
}

func ExampleWordPress() {
	p := provider.WordPress(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: WordPress.com https://public-api.wordpress.com/oauth2/authorize
}

func ExampleWorkOS() {
	p := provider.WorkOS(provider.Client{ID: "id", Secret: "secret"},
		provider.WorkOSOptions{Organization: "org_01EHQMYV6MBK39QC5PZXHY59C3"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: WorkOS https://api.workos.com/sso/authorize
}

func ExampleYandex() {
	p := provider.Yandex(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Yandex https://oauth.yandex.ru/authorize
}

func ExampleZoho() {
	p := provider.Zoho(provider.Client{ID: "id", Secret: "secret"}, provider.ZohoOptions{DataCenter: "eu"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Zoho https://accounts.zoho.eu/oauth/v2/auth
}

func ExampleZoom() {
	p := provider.Zoom(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Zoom https://zoom.us/oauth/authorize
}
