package cardea

import (
	"slices"

	"github.com/cardea-auth/cardea/internal/page"
)

// getVerifyRequest shows the page that says that a mail was sent: the application's or the built-in
// one.
func getVerifyRequest(e *exchange) error {
	success := successOf(e)
	if own := e.auth.config.Pages.VerifyRequest; own != "" {
		return e.redirect(withQuery(e.absolute(own), "provider", e.query("provider"), "type", e.query("type"),
			"error", e.query("error"), "success", success.Value))
	}
	data := page.VerifyRequest{Site: e.origin.String(), Error: e.query("error")}
	if success.Mailed != nil {
		data.Text = success.Mailed(languageOf(e))
	}
	if m, ok := e.auth.method(e.query("provider")).(verifyRequestPage); ok {
		m.fillVerifyRequest(e, &data)
	}
	return e.page().VerifyRequest(e.w, data)
}

// verifyRequestPage is a [signInMethod] whose code can be typed on the page that says that a mail
// was sent.
type verifyRequestPage interface {
	fillVerifyRequest(e *exchange, data *page.VerifyRequest)
}

// getError shows the page for a failure: the application's or the built-in one.
func getError(e *exchange) error {
	code := e.errorCode()
	if slices.Contains(e.auth.protocol.signInPageCodes, code) {
		return e.redirect(withQuery(e.endpoint("/signin"), "error", code))
	}
	if own := e.auth.config.Pages.Error; own != "" {
		to := withQuery(e.absolute(own), "error", code)
		if code == string(CodeInvalidCheck) {
			to = withQuery(to, "provider", e.query("provider"), "callbackUrl", e.query("callbackUrl"))
		}
		return e.redirect(to)
	}
	return e.page().Error(e.w, restart{e}.page(code))
}
