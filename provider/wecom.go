package provider

import (
	"cmp"
	"context"
	"errors"

	"github.com/cardea-auth/cardea/oauth"
)

// WeCom signs in with an account of one company at WeCom (WeChat Work), by an app of it with web
// login (https://work.weixin.qq.com/wework_admin/frame#apps; rules:
// https://developer.work.weixin.qq.com/document/path/98151 and
// https://developer.work.weixin.qq.com/document/path/98177, read 2026-11-22). c.ID is the company's
// id, c.Secret that of the app. The account's id is the member's in the company, which an
// administrator may change once. An app that was created since 2022-06-20 gets neither address nor
// picture; what an older one gets is up to its rights. There are no tokens of the person's.
func WeCom(c Client, o WeComOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:           "wecom",
		Name:         "WeCom",
		Type:         oauth.TypeOAuth2, // what the protocol calls it
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
	AgentID string // of the app
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
