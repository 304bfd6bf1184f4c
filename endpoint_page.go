package cardea

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/cardea-auth/cardea/internal/page"
)

// listed is a provider in GET providers.
type listed struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        ProviderType `json:"type"`
	SigninURL   string       `json:"signinUrl"`
	CallbackURL string       `json:"callbackUrl"`
}

// listing is a JSON object whose members keep their order.
type listing []listed

// MarshalJSON writes the providers under their ids.
func (l listing) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, p := range l {
		if i > 0 {
			text = append(text, ',')
		}
		value, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		text = append(strconv.AppendQuote(text, p.ID), ':') // an id has no character that JSON escapes
		text = append(text, value...)
	}
	return append(text, '}'), nil
}

// getProviders answers with the providers, by id, in the order of the configuration.
func (v *exchange) getProviders() error {
	list := listing{}
	for _, p := range v.auth.config.Providers {
		id, name, kind, _ := p.identity()
		if kind == TypeOIDC {
			kind = v.auth.protocol.openID
		}
		list = append(list, listed{
			id, name, kind, v.absolute(v.auth.config.BasePath + "/signin/" + id), v.callback(id),
		})
	}
	v.json(http.StatusOK, list)
	return nil
}

func (v *exchange) getCSRF() error {
	v.json(http.StatusOK, map[string]string{"csrfToken": v.csrfToken})
	return nil
}

// getSignIn shows the sign-in page, the application's own or the built-in one.
func (v *exchange) getSignIn() error {
	if own := v.auth.config.Pages.SignIn; own != "" {
		return v.redirect(withQuery(v.absolute(own), "callbackUrl", v.callbackURL, "error", v.errorCode()))
	}
	v.jar.Write(v.w.Header())
	return v.auth.pages.SignIn(v.w, page.SignIn{
		Site: v.origin.String(), Error: v.errorCode(), Message: v.message(), CSRFToken: v.csrfToken,
		CallbackURL: v.callbackURL, Email: v.query("email"),
	})
}

// errorCode is the code of a failure that a page is to tell of.
func (v *exchange) errorCode() string { return cmp.Or(v.query("error"), v.provider) }

// message is what the application says about the reason for which its check refused, "" when it
// says nothing.
func (v *exchange) message() string {
	if v.query("error") != string(CodeCredentialsSignIn) {
		return ""
	}
	for _, p := range v.auth.config.Providers {
		if p, ok := p.(*CredentialsProvider); ok && p.Messages[v.query("code")] != "" {
			return p.Messages[v.query("code")]
		}
	}
	return ""
}

// getSignOut asks whether to sign out, on the application's own page or the built-in one.
func (v *exchange) getSignOut() error {
	if own := v.auth.config.Pages.SignOut; own != "" {
		return v.redirect(v.absolute(own))
	}
	v.jar.Write(v.w.Header())
	return v.auth.pages.SignOut(v.w, page.SignOut{
		Site: v.origin.String(), Action: v.auth.config.BasePath + "/signout", CSRFToken: v.csrfToken,
	})
}

func (v *exchange) getVerifyRequest() error {
	if own := v.auth.config.Pages.VerifyRequest; own != "" {
		return v.redirect(withQuery(v.absolute(own), "provider", v.query("provider"), "type", v.query("type"), "error",
			v.query("error")))
	}
	v.jar.Write(v.w.Header())
	return v.auth.pages.VerifyRequest(v.w, v.verifyRequest())
}

// getError tells of a failure, on the application's own page or the built-in one.
func (v *exchange) getError() error {
	code := v.errorCode()
	if slices.Contains(v.auth.protocol.forwarded, code) {
		return v.redirect(withQuery(v.absolute(v.auth.config.BasePath+"/signin"), "error", code))
	}
	if own := v.auth.config.Pages.Error; own != "" {
		return v.redirect(withQuery(v.absolute(own), "error", code))
	}
	v.jar.Write(v.w.Header())
	return v.auth.pages.Error(v.w, page.Failure{Site: v.origin.String(), Code: code, SignInURL: v.signInPage()})
}
