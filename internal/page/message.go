package page

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Unavailable is the code of a temporary failure, such as a database that is unavailable. It occurs
// in no URL.
const Unavailable = "Unavailable"

// explanation is what the error page says about a code.
type explanation struct {
	status  int
	heading string
	text    string
}

// explain returns what the error page says about a code. A code of the sign-in page has the same
// text on both pages.
func explain(code string) explanation {
	switch strings.ToLower(code) {
	case "configuration":
		return explanation{http.StatusInternalServerError, "Server error",
			"Sign-in is not working right now because of a problem on the server. " +
				"Please try again later; if it goes on, tell the people who run this site."}
	case "unavailable":
		return explanation{
			http.StatusServiceUnavailable, "Try again in a moment",
			"Sign-in cannot reach what it needs right now. Nothing is lost; please try again.",
		}
	case "invalidcheck":
		return explanation{http.StatusBadRequest, "Please start again", signInMessage(code)}
	case "accessdenied":
		return explanation{http.StatusForbidden, "Access denied", signInMessage(code)}
	case "ratelimited":
		return explanation{http.StatusTooManyRequests, "Too many tries", signInMessage(code)}
	case "verification":
		return explanation{http.StatusForbidden, "Unable to sign in", "This sign-in link is no longer valid. " +
			"It may have been used already, or it may have expired. Please ask for a new one."}
	case "webauthnverificationerror":
		return explanation{
			http.StatusOK, "Unable to sign in",
			"Your passkey could not be verified. Please try again, or sign in another way.",
		}
	case "":
		return explanation{http.StatusOK, "Error", "Something went wrong. Please go back and try again."}
	}
	return explanation{http.StatusOK, "Error", signInMessage(code)}
}

// duration returns a time to wait as people say it, rounded up.
func duration(d time.Duration) string {
	unit, name := time.Second, "second"
	switch {
	case d > 2*time.Hour:
		unit, name = time.Hour, "hour"
	case d > time.Minute:
		unit, name = time.Minute, "minute"
	}
	n := max(1, int((d+unit-1)/unit))
	if n > 1 {
		name += "s"
	}
	return strconv.Itoa(n) + " " + name
}

// signInMessage returns the text of the sign-in page for a code, and "" for no code. It knows the
// codes of Auth.js and of NextAuth.js 4.
func signInMessage(code string) string {
	switch strings.ToLower(code) {
	case "":
		return ""
	case "signin", "oauthsignin", "oauthcallback", "oauthcallbackerror", "oauthcreateaccount", "emailcreateaccount",
		"callback":
		return "Signing in did not work. Please try again, or use a different account."
	case "invalidcheck":
		return "This sign-in cannot be finished: it took too long, it was finished before, or it was begun in " +
			"another browser. Nothing is lost; please start again."
	case "oauthaccountnotlinked":
		return "There is already a user with this account or its email address. To prove that it is you, please " +
			"sign in the way you did the first time."
	case "accountnotlinked":
		return "This account belongs to another user of this site. Please sign out first, or use a different account."
	case "emailsignin":
		return "The email could not be sent. Please check the address and try again."
	case "ratelimited":
		return "That was too much in a short time. Please wait a while and try again."
	case "wrongcode":
		return "This code is not right, or it is no longer valid. Please use the one in the newest email, or ask " +
			"for another email."
	case "unknownprovider":
		return "This site does not have that way to sign in. Please choose another one."
	case "credentialssignin":
		return "These details do not match. Please check them and try again."
	case "sessionrequired":
		return "Please sign in to see this page."
	case "missingcsrf":
		return "This page was open for too long or in a browser without cookies. Please try again."
	case "accessdenied":
		return "You do not have permission to sign in here with this account."
	}
	return "Signing in did not work. Please try again."
}
