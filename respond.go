package cardea

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
)

// writeJSON answers with a JSON value, and with 500 and null if it cannot be written as JSON.
func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("null")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// json answers with a JSON value, and writes the cookies.
func (e *exchange) json(status int, body any) {
	e.jar.Write(e.w.Header())
	writeJSON(e.w, status, body)
}

// redirect sends the visitor to a URL. A browser gets status 303 after a POST, so that it does not
// post the form again (RFC 9700 § 4.12), and 302 otherwise. The Auth.js clients, and programs at
// the endpoints of features, get the URL in a JSON object, and htmx gets it in the header
// HX-Redirect: like every script, it could not follow a redirect to the page of a provider.
func (e *exchange) redirect(to string) error {
	e.redirectWithStatus(to, http.StatusOK)
	return nil
}

// redirectWithStatus is redirect with another status for the client of next-auth 4. The client of
// Auth.js always gets 200 with the URL, also in the header Location.
func (e *exchange) redirectWithStatus(to string, status int) {
	e.jar.Write(e.w.Header())
	h := e.w.Header()
	h.Set("Referrer-Policy", "no-referrer")
	if e.fromNextAuth4() {
		writeJSON(e.w, status, map[string]string{"url": to})
		return
	}
	if e.fromHTMX() {
		htmx{e}.open(to, http.StatusOK)
		return
	}
	h.Set("Location", to)
	switch {
	case e.fromAuthJS() || program{e}.sent():
		writeJSON(e.w, http.StatusOK, map[string]string{"url": to})
	case e.r.Method == http.MethodPost:
		e.w.WriteHeader(http.StatusSeeOther)
	default:
		e.w.WriteHeader(http.StatusFound)
	}
}

// htmx answers htmx.
type htmx struct{ *exchange }

// open lets htmx open a page in place of the one that it has. It does so with any status, and puts
// nothing of the answer into its page.
func (e htmx) open(to string, status int) {
	e.jar.Write(e.w.Header())
	e.w.Header().Set("HX-Redirect", to)
	e.w.WriteHeader(status)
}

// openPage lets htmx open the page that it has asked for, because it cannot put the page into its
// own: the look would be missing, and the Content-Security-Policy is another.
func (e htmx) openPage() error { return e.redirect(e.origin.String() + e.r.URL.RequestURI()) }

// answerFailure answers with a failure: the cause goes to the log, the code to the visitor. If the
// store is unavailable, or the time of the request is up, the answer is 503, because trying again
// may help; if a limit is used up, it is 429.
func (e *exchange) answerFailure(err error) {
	e.logFailure(err)
	failure := asError(err)
	switch {
	case failure.Code == codeAdapter, gaveUp(e.r.Context(), err):
		e.unavailable()
	case e.route.json || program{e}.sent():
		program{e}.fail(failure)
	case failure.Code == CodeRateLimited:
		e.limited(failure)
	case e.route.failureStatus != 0:
		e.json(e.route.failureStatus, e.auth.protocol.noSession)
	default:
		e.redirectWithStatus(e.auth.protocol.failureURL(e, failure), e.failureStatus(failure.Code))
	}
}

// gaveUp reports whether a request has failed because its context has ended, such as by a deadline
// of the application.
func gaveUp(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled))
}

// jsonStatus is the status of a failure that is answered in JSON.
func jsonStatus(code Code) int {
	switch code {
	case CodeRateLimited:
		return http.StatusTooManyRequests
	case CodeAccessDenied, CodeMissingCSRF:
		return http.StatusForbidden
	case CodeCredentialsSignIn:
		return http.StatusUnauthorized
	}
	if code.blamesSite() {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// failureStatus is the status by which the client of next-auth 4 learns that a sign-in with
// credentials failed. All other clients use the URL alone.
func (e *exchange) failureStatus(code Code) int {
	m := e.auth.method(e.provider)
	switch {
	case m == nil || !m.info().statusOnRefusal || code == CodeMissingCSRF:
		return http.StatusOK
	case code == CodeAccessDenied:
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// logFailure logs the cause of a failure: as an error if the site is at fault, else as a warning.
func (e *exchange) logFailure(err error) {
	if codeOf(err) == CodeRateLimited {
		err = fmt.Errorf("%w%s", err, e.auth.origins.proxies.sharedClient(e.r))
	}
	level := e.auth.log.WarnContext
	if codeOf(err).blamesSite() {
		level = e.auth.log.ErrorContext
	}
	level(e.r.Context(), "cardea: request failed", "code", codeOf(err), "provider", truncate(e.provider, 100),
		aboutRequest(e.auth, e.r), "cause", err)
}

// unavailable answers 503, in JSON to the Auth.js clients and to requests for the session, to htmx
// with the URL of the page for failures, otherwise with a page.
func (e *exchange) unavailable() {
	e.w.Header().Set("Retry-After", "5")
	to := withQuery(e.errorPage(), "error", string(CodeConfiguration))
	switch {
	case e.route.json || program{e}.sent():
		program{e}.answer(http.StatusServiceUnavailable, to, feature.CodeUnavailable, page.Message(page.Unavailable))
	case e.fromAuthJS() || e.fromNextAuth4():
		e.json(http.StatusServiceUnavailable, map[string]string{"url": to})
	case e.fromHTMX():
		htmx{e}.open(to, http.StatusServiceUnavailable)
	case e.route.failureStatus != 0:
		e.json(http.StatusServiceUnavailable, e.auth.protocol.noSession)
	default:
		if err := e.page().Error(e.w, restart{e}.page(page.Unavailable)); err != nil {
			e.logFailure(err)
		}
	}
}

// limited answers 429 with Retry-After (RFC 6585 § 4), in JSON to the Auth.js clients, to htmx
// with the URL of the sign-in page, otherwise with a page that says when to try again.
func (e *exchange) limited(err *Error) {
	wait := waitAfter(err)
	e.w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	to := e.auth.protocol.failureURL(e, err)
	switch {
	case e.fromAuthJS() || e.fromNextAuth4():
		e.json(http.StatusTooManyRequests, map[string]string{"url": to})
		return
	case e.fromHTMX():
		htmx{e}.open(to, http.StatusTooManyRequests)
		return
	}
	failure := page.Failure{Site: e.origin.String(), Code: string(CodeRateLimited), SignInURL: to, Wait: wait}
	if err := e.page().Error(e.w, failure); err != nil {
		e.logFailure(err)
	}
}

// waitAfter is how long the visitor should wait, in whole seconds.
func waitAfter(err *Error) time.Duration {
	wait := cmp.Or(max(0, err.RetryAfter), time.Minute)
	return (wait + time.Second - 1).Truncate(time.Second)
}

// page writes the cookies and returns the built-in pages in the language of the visitor.
func (e *exchange) page() *page.Pages {
	e.jar.Write(e.w.Header())
	return e.auth.pages.In(languageOf(e))
}

// truncate cuts a text after n bytes, for the log.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
