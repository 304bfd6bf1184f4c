package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

const (
	wecomAPI         = "https://qyapi.weixin.qq.com/cgi-bin/"
	wecomInvalidCode = "40029" // the code was used or has expired
)

func (o WeComOptions) redirect(_ context.Context, r *oauth.Redirection) (string, error) {
	callback, _, _ := strings.Cut(r.ReturnTo, "?") // WeCom adds the state itself
	return "https://login.work.weixin.qq.com/wwlogin/sso/login?" + url.Values{
		"login_type": {"CorpApp"}, "appid": {r.ClientID}, "agentid": {o.AgentID}, "redirect_uri": {callback},
		"state": {r.State},
	}.Encode(), nil
}

// identifyWeCom exchanges the code with an app token, because WeCom has no user tokens.
func identifyWeCom(ctx context.Context, r *oauth.Redirection) (oauth.Claims, error) {
	code := r.Answer.Get("code")
	if code == "" {
		return nil, startAgain(errors.New("the callback has no code"))
	}
	app, err := askWeCom(ctx, r, "gettoken", url.Values{"corpid": {r.ClientID}, "corpsecret": {r.ClientSecret}})
	if err != nil {
		return nil, err
	}
	token := app.String("access_token")
	who, err := askWeCom(ctx, r, "auth/getuserinfo", url.Values{"access_token": {token}, "code": {code}})
	if err != nil {
		return nil, err
	}
	if who.String("userid") == "" {
		return nil, errors.New("the user is not a member of the company")
	}
	person, err := askWeCom(ctx, r, "user/get", url.Values{"access_token": {token}, "userid": {who.String("userid")}})
	if err != nil {
		return nil, err
	}
	if person.String("userid") != who.String("userid") {
		return nil, errors.New("the profile is another user's")
	}
	return person, nil
}

func askWeCom(ctx context.Context, r *oauth.Redirection, path string, query url.Values) (oauth.Claims, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, wecomAPI+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	answer, err := r.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch code := answer.String("errcode"); code {
	case "", "0":
		return answer, nil
	case wecomInvalidCode:
		return nil, startAgain(fmt.Errorf("%s: errcode %s", path, code))
	default:
		return nil, fmt.Errorf("%s: errcode %s", path, code)
	}
}
