package provider

import (
	"cmp"
	"context"
	"errors"

	"github.com/cardea-auth/cardea/oauth"
)

// WeCom signs users in with an account of one company at WeCom (WeChat Work). Create an app of the
// company with web login at https://work.weixin.qq.com/wework_admin/frame#apps. Documentation:
// https://developer.work.weixin.qq.com/document/path/98151 and
// https://developer.work.weixin.qq.com/document/path/98177, read 2026-11-22. c.ID is the company's
// ID, c.Secret the secret of the app. The account ID is the user's ID in the company, which an
// administrator may change once. An app created since 2022-06-20 gets neither e-mail address nor
// picture. The permissions of an older app determine what it gets. There are no tokens of the user.
func WeCom(c Client, o WeComOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:           "wecom",
		Name:         "WeCom",
		Type:         oauth.TypeOAuth2, // the protocol of Auth.js has no other type for it
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Redirect:     o.redirect,
		Identify:     identifyWeCom,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("userid"),
				Name:  raw.String("name"),
				Email: cmp.Or(raw.String("biz_mail"), raw.String("email")),
				Image: raw.String("avatar"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#2f6bdf"},
		Err:               o.check(c),
	}
}

// WeComOptions name the app of [WeCom].
type WeComOptions struct {
	AgentID string // the ID of the app; required
}

func (o WeComOptions) check(c Client) error {
	var faults []error
	if o.AgentID == "" {
		faults = append(faults, errors.New("WeComOptions.AgentID: is empty"))
	}
	if c.ID == "" || c.Secret == "" {
		faults = append(faults, errors.New("Client.ID or Client.Secret is empty; are their environment variables set?"))
	}
	return errors.Join(faults...)
}
