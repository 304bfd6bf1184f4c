package cardea

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/cardea-auth/cardea/internal/page"
)

// providerEntry is one provider in GET providers.
type providerEntry struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        ProviderType `json:"type"`
	SigninURL   string       `json:"signinUrl"`
	CallbackURL string       `json:"callbackUrl"`
}

// providerList is a JSON object whose members keep their order.
type providerList []providerEntry

// MarshalJSON writes the providers under their ids.
func (l providerList) MarshalJSON() ([]byte, error) {
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

// getProviders answers with the providers by id, in the order of the configuration.
func getProviders(e *exchange) error {
	list := providerList{}
	for _, m := range e.auth.methods {
		p := m.info()
		kind := cmp.Or(e.auth.protocol.types[p.kind], p.kind)
		list = append(list, providerEntry{p.id, p.name, kind, e.endpoint("/signin/" + p.id), e.callback(p.id)})
	}
	e.json(http.StatusOK, list)
	return nil
}

func getCSRF(e *exchange) error {
	e.json(http.StatusOK, map[string]string{"csrfToken": e.csrfToken})
	return nil
}

// getVerifyRequest says that a mail was sent, on the application's page or the built-in one.
func getVerifyRequest(e *exchange) error {
	if own := e.auth.config.Pages.VerifyRequest; own != "" {
		return e.redirect(withQuery(e.absolute(own),
			"provider", e.query("provider"), "type", e.query("type"), "error", e.query("error")))
	}
	data := page.VerifyRequest{Site: e.origin.String(), Error: e.query("error")}
	if m, ok := e.auth.method(e.query("provider")).(verifyRequestPage); ok {
		m.fillVerifyRequest(e, &data)
	}
	return e.page().VerifyRequest(e.w, data)
}

// verifyRequestPage is a [method] that accepts a code on the page for mails.
type verifyRequestPage interface {
	fillVerifyRequest(e *exchange, data *page.VerifyRequest)
}

// getError explains a failure, on the application's page or the built-in one.
func getError(e *exchange) error {
	code := e.errorCode()
	if slices.Contains(e.auth.protocol.forwarded, code) {
		return e.redirect(withQuery(e.endpoint("/signin"), "error", code))
	}
	if own := e.auth.config.Pages.Error; own != "" {
		return e.redirect(withQuery(e.absolute(own), "error", code))
	}
	return e.page().Error(e.w, page.Failure{Site: e.origin.String(), Code: code, SignInURL: e.signInPage()})
}
