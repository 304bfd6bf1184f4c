package page

import (
	"net/http"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/language"
)

// Unavailable is the code of a temporary failure, such as a database that is unavailable. It occurs
// in no URL.
const Unavailable = "Unavailable"

// NotFound is the code of a path that has no page. It occurs in no URL.
const NotFound = "NotFound"

// explanation is what the error page says about a code: the status, and the keys of its texts.
type explanation struct {
	status  int
	heading string
	text    string
}

// explain returns what the error page says about a code. A code of the sign-in page has the same
// text on both pages.
func explain(code string) explanation {
	switch code = strings.ToLower(code); code {
	case "configuration":
		return explanation{http.StatusInternalServerError, "configuration.heading", "configuration.text"}
	case "unavailable":
		return explanation{http.StatusServiceUnavailable, "unavailable.heading", "unavailable.text"}
	case "notfound":
		return explanation{http.StatusNotFound, "notfound.heading", "notfound.text"}
	case "invalidcheck":
		return explanation{http.StatusBadRequest, "invalidcheck.heading", "invalidcheck.text"}
	case "accessdenied":
		return explanation{http.StatusForbidden, "accessdenied.heading", "accessdenied.text"}
	case "ratelimited":
		return explanation{http.StatusTooManyRequests, "ratelimited.heading", "ratelimited.text"}
	case "verification":
		return explanation{http.StatusForbidden, "verification.heading", "verification.text"}
	case "webauthnverificationerror":
		return explanation{http.StatusOK, "passkey.heading", "passkey.text"}
	case "":
		return explanation{http.StatusOK, "error.heading", "error.text"}
	}
	return explanation{http.StatusOK, "error.heading", messageKey(code)}
}

// Message returns the text about a code in English, for programs.
func Message(code string) string { return (*language.Texts)(nil).Text(explain(code).text) }

// duration returns a time to wait as people say it, rounded up.
func duration(t *language.Texts, d time.Duration) string {
	unit, key := time.Second, "time.second"
	switch {
	case d > 2*time.Hour:
		unit, key = time.Hour, "time.hour"
	case d > time.Minute:
		unit, key = time.Minute, "time.minute"
	}
	return t.Count(key, max(1, int((d+unit-1)/unit)))
}

// signInMessage returns the text of the sign-in page for a code, and "" for no code.
func signInMessage(t *language.Texts, code string) string {
	if code == "" {
		return ""
	}
	return t.Text(messageKey(code))
}

// messageKey returns the key of the text for a code. It knows the codes of Auth.js and of
// NextAuth.js 4.
func messageKey(code string) string {
	switch code = strings.ToLower(code); code {
	case "oauthsignin", "oauthcallback": // of NextAuth.js 4, for failures of the site
		return "configuration.text"
	case "signin", "oauthcreateaccount", "emailcreateaccount":
		return "provider.text"
	case "callback", "oauthcallbackerror": // of NextAuth.js 4 and of Auth.js
		return "cancelled.text"
	case "oauthaccountnotlinked":
		return "notlinked.text"
	case "accountnotlinked":
		return "otheruser.text"
	case "invalidcheck", "emailsignin", "ratelimited", "wrongcode", "unknownprovider", "credentialssignin",
		"sessionrequired", "missingcsrf", "accessdenied":
		return code + ".text"
	}
	return "failed.text"
}
