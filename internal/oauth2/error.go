package oauth2

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Error is a refusal by the authorization server (RFC 6749 § 5.2).
type Error struct {
	Code   string // such as "invalid_grant"; "" when the server gave none that can be shown
	Status int    // of the HTTP answer
}

// Error leaves out the server's description, because some repeat in it what they were sent.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("refused with status %d", e.Status)
	}
	return fmt.Sprintf("refused with status %d: %s", e.Status, e.Code)
}

// Code returns an error code as a server sent it if it can be logged and shown: at most 64 of the
// characters that RFC 6749 § 4.1.2.1 and § 5.2 allow. Anything else is "".
func PrintableCode(raw string) string {
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

// refusal reports whether an answer is a refusal, and with which code, in the shapes that vendors
// have for one, mostly with status 200: {error}, {error: {code}}, {errcode, errmsg}, {code,
// message}, {status, message}, {errors: []}, {ok: false}. Some have the same members in a success,
// with a value that says so.
func refusal(answer map[string]any) (code string, refused bool) {
	for _, name := range []string{"error", "errcode", "error_code", "code", "status", "errors"} {
		if v := answer[name]; faulty(name, v) {
			return PrintableCode(faultCode(v)), true
		}
	}
	return "", answer["ok"] == false || answer["success"] == false
}

func faulty(name string, v any) bool {
	switch v := v.(type) {
	case string:
		return v != "" && v != "0" && strings.HasPrefix(name, "err")
	case json.Number:
		return faultyNumber(name, v)
	case bool:
		return v && name == "error"
	case []any:
		return len(v) > 0 && name == "errors"
	case map[string]any:
		return len(v) > 0 && strings.HasPrefix(name, "err") && v["code"] != "ok" && v["code"] != json.Number("0")
	}
	return false
}

// faultyNumber knows that code and status may be those of HTTP.
func faultyNumber(name string, v json.Number) bool {
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

func faultCode(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		for _, name := range []string{"code", "type", "status"} {
			if s := faultCode(v[name]); s != "" {
				return s
			}
		}
	}
	return ""
}
