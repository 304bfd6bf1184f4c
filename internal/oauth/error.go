package oauth

import "fmt"

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

// Code returns an error code as a server sent it if it can be logged and shown: at most 64 of the characters that RFC 6749 § 4.1.2.1 and § 5.2
// allow. Anything else is "".
func Code(raw string) string {
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

// refused reports whether an answer has an error, of whatever kind; vendors use objects and numbers too. Some add an empty one to a success.
func refused(answer map[string]any) bool {
	v, ok := answer["error"]
	return ok && v != nil && v != "" && v != false
}
