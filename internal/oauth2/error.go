package oauth2

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Error is an error response of the authorization server (RFC 6749 § 5.2).
type Error struct {
	Code   string // such as "invalid_grant"; "" if the server sent none, or one that is not printable
	Status int    // the HTTP status
}

// Error does not contain the server's description, because some servers repeat the request in it.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("refused with status %d", e.Status)
	}
	return fmt.Sprintf("refused with status %d: %s%s", e.Status, e.Code, cures[e.Code])
}

// cures say what can be done about the errors of the token endpoint that a configuration causes.
var cures = map[string]string{
	// RFC 6749 § 5.2
	"invalid_client":      clientCure,
	"unauthorized_client": "; the application that is registered at the provider may not use this kind of sign-in",
	"invalid_scope":       "; one of Scopes is unknown there, or the registered application may not ask for it",
	// GitHub
	"incorrect_client_credentials": clientCure,
	"redirect_uri_mismatch":        "; register the callback URL there, and if its host is wrong, set Config.BaseURL",
}

const clientCure = "; compare ClientID and ClientSecret with the application that is registered there, or set " +
	"ClientAuth; a ClientSecret that is empty is not sent, which is right for public clients alone"

// codeErrors are the codes with which servers refuse an authorization code that is not valid, was
// issued for another request, was used, or has expired.
var codeErrors = []string{
	"invalid_grant",                                     // RFC 6749 § 5.2
	"bad_verification_code",                             // GitHub
	"invalid_code", "code_already_used", "code_expired", // Slack
	"40029", "40163", // WeChat: invalid code, code been used
}

// RefusesCode reports whether the server does not accept the authorization code. What else the
// standard lists, such as invalid_client, is a fault of the configuration. A server that is failing
// may send the same code for any request, so a status of 500 or more does not count.
func (e *Error) RefusesCode() bool { return e.Status < 500 && slices.Contains(codeErrors, e.Code) }

// Printable returns text that a server or a browser sent, such as an error code, if it can be
// logged and shown: if it is at most 64 bytes long and has only the characters that RFC 6749 §
// 4.1.2.1 and § 5.2 allow in error codes. Otherwise it returns "".
func Printable(raw string) string {
	if len(raw) > 64 {
		return ""
	}
	for i := range len(raw) {
		if b := raw[i]; b < 0x20 || b > 0x7e || b == '"' || b == '\\' {
			return ""
		}
	}
	return raw
}

// errorIn reports whether a response is an error response, and with which code. Vendors send other
// shapes than the standard's {error}, often with status 200: {error: {code}}, {errcode, errmsg},
// {code, message}, {status, message}, {errors: []}, {ok: false}. Some send the same members with
// other values when there is no error.
func errorIn(response map[string]any) (code string, isError bool) {
	for _, name := range []string{"error", "errcode", "error_code", "code", "status", "errors"} {
		if v := response[name]; meansError(name, v) {
			return Printable(codeIn(v)), true
		}
	}
	return "", response["ok"] == false || response["success"] == false
}

// meansError reports whether the value of a member says that there was an error.
// For code and status, which other answers have too, only a number does.
func meansError(name string, v any) bool {
	if n, ok := v.(json.Number); ok {
		return numberMeansError(name, n)
	}
	if !strings.HasPrefix(name, "err") {
		return false
	}
	switch v := v.(type) {
	case string:
		return v != "" && v != "0"
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0 && v["code"] != "ok" && v["code"] != json.Number("0")
	}
	return false
}

// numberMeansError takes into account that code and status may be HTTP status codes.
func numberMeansError(name string, v json.Number) bool {
	n, err := v.Float64()
	switch {
	case err != nil:
		return true
	case name == "status":
		return n >= 400
	case name == "code":
		return n != 0 && (n < 200 || n > 299)
	}
	return n != 0
}

// codeIn returns the error code that a member holds; "" if there is none.
func codeIn(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		for _, name := range []string{"code", "type", "status"} {
			if s := codeIn(v[name]); s != "" {
				return s
			}
		}
	}
	return ""
}
