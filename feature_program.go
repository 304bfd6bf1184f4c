package cardea

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
)

// program is a program that sends a request to an endpoint of a feature: a script of a front end, a
// client of Auth.js, an application of a phone. What a browser gets as a page or a redirect, it
// gets as a JSON object with the URL of that page and, if the request failed, the code.
type program struct{ *exchange }

// sent reports whether a program has sent the request: one that asks for JSON and not for a page,
// or has posted JSON. It is false outside of the endpoints of features.
func (e program) sent() bool {
	if e.route == nil || e.route.path == "" || e.fromHTMX() {
		return false
	}
	accept, postsJSON := e.r.Header.Get("Accept"), e.form != nil && e.formValues == nil
	return e.fromAuthJS() || e.fromNextAuth4() ||
		(postsJSON || strings.Contains(accept, "application/json")) && !strings.Contains(accept, "text/html")
}

// fail answers with a failure.
func (e program) fail(failure *Error) {
	code := string(CodeConfiguration)
	if f, visible := protocols[ProtocolV5].failures[failure.Code]; visible {
		code = cmp.Or(f.value, string(failure.Code))
	}
	if failure.Code == CodeRateLimited {
		e.w.Header().Set("Retry-After", strconv.Itoa(int(waitAfter(failure).Seconds())))
	}
	e.answer(jsonStatus(failure.Code), e.auth.protocol.failureURL(e.exchange, failure), code, page.Message(code))
}

// refuse answers that something is wrong with a form.
func (e program) refuse(to string, r *feature.Refusal) {
	e.answer(http.StatusBadRequest, to, r.Error, r.Message)
}

// answer answers with an error. An endpoint for programs alone has no page, and so no URL.
func (e program) answer(status int, to, code, message string) {
	body := map[string]string{"error": code}
	if !e.route.json {
		body["url"], body["message"] = to, message
	}
	e.json(status, body)
}
