package relyingparty_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const formType = "application/x-www-form-urlencoded"

// tokenCases are about the answer of the token endpoint (RFC 6749 § 5, OpenID Connect Core 1.0 §
// 3.1.3.3).
func tokenCases() []testCase {
	var cases []testCase
	for _, name := range []string{
		"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token", "error", "error_description",
		"state", "x",
	} {
		cases = append(cases, eachValue("token answer", name, func(s *scenario) object { return s.token.members })...)
	}
	member := func(name, is string, value any) {
		cases = append(cases, testCase{fmt.Sprintf("token answer %s is %s", name, is), func(s *scenario) {
			set(s.token.members, name, value)
		}})
	}
	for _, kind := range []string{"bearer", "BEARER", "Bearer ", "mac", "DPoP", "N_A", "JWT", "bearer_token"} {
		member("token_type", fmt.Sprintf("%q", kind), kind)
	}
	for is, lifetime := range map[string]any{
		"a number as a string": "3600", "a string with a blank": " 3600", "a number with a fraction": 3600.5,
		"a number as a string with a fraction": "3600.5", "a number with an exponent": json.Number("36e2"),
		"10 years": 315360000, "1,000 years": 31536000000,
		"a number beyond 64 bits": json.Number("36000000000000000000"),
		"a number beyond a float": json.Number("1e400"), "null in quotes": "null", "a word": "never",
	} {
		member("expires_in", is, lifetime)
	}
	member("scope", "a string", "openid profile")
	member("scope", "separated by commas", "openid,profile")
	member("refresh_token", "a string", "refresh")
	member("access_token", "a blank", " ")
	member("access_token", "not ASCII", "tökén")
	member("access_token", "of 20,000 characters", strings.Repeat("t", 20000))
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized} {
		cases = append(cases, testCase{fmt.Sprintf("token answer is an error with status %d", status),
			func(s *scenario) {
				s.token.status, s.token.raw = status, `{"error":"invalid_grant","error_description":"spent"}`
			}}, testCase{fmt.Sprintf("token answer is an error beside tokens with status %d", status),
			func(s *scenario) {
				s.token.status, s.token.members["error"] = status, "invalid_grant"
			}}, testCase{fmt.Sprintf("token answer is an error as a form with status %d", status), func(s *scenario) {
			s.token.status, s.token.contentType, s.token.raw = status, formType, "error=invalid_grant"
		}})
	}
	const form = "access_token=" + accessToken + "&token_type=bearer&expires_in=3600&id_token={id_token}"
	for name, body := range map[string]string{
		"is a form":                   form,
		"is a form without a token":   "token_type=bearer&id_token={id_token}",
		"is a form without an ID":     "access_token=" + accessToken + "&token_type=bearer",
		"is a form with two tokens":   form + "&access_token=x",
		"is a form with an error":     form + "&error=invalid_grant",
		"is a form with a bad escape": form + "&x=%zz",
	} {
		cases = append(cases, testCase{"token answer " + name, func(s *scenario) {
			s.token.contentType, s.token.raw = formType, body
		}})
	}
	cases = append(cases, testCase{"token answer is a form that says it is JSON", func(s *scenario) {
		s.token.raw = form
	}})
	const good = `{"access_token":"` + accessToken + `","token_type":"Bearer","id_token":"{id_token}"}`
	for name, body := range map[string]string{
		"is null": "null", "is a list": "[" + good + "]", "is not JSON": "<html>", "is cut": good[:len(good)-1],
		"has text after it": good + "x", "has an object after it": good + "{}",
		"has white space around it": " \n" + good + "\n ", "has a byte order mark": "\ufeff" + good,
		"has access_token twice":            strings.TrimSuffix(good, "}") + `,"access_token":"x"}`,
		"has id_token twice, the last bad":  strings.TrimSuffix(good, "}") + `,"id_token":"x"}`,
		"has Access_Token of another":       strings.TrimSuffix(good, "}") + `,"Access_Token":"x"}`,
		"has ACCESS_TOKEN and nothing else": strings.Replace(good, "access_token", "ACCESS_TOKEN", 1),
		"has 200 kB": strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 200<<10) +
			`"}`,
		"has 2 MB":                strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 2<<20) + `"}`,
		"is in an envelope":       `{"data":` + good + "}",
		"has a control character": strings.TrimSuffix(good, "}") + ",\"nickname\":\"An\x14n\"}",
		"has a control character in the name of a member": strings.Replace(good, "access_", "access\x01_", 1),
		"has an error as an object":                       strings.TrimSuffix(good, "}") + `,"error":{"code":"x"}}`,
		"has a list of errors":                            strings.TrimSuffix(good, "}") + `,"errors":["x"]}`,
		"has errcode 0":                                   strings.TrimSuffix(good, "}") + `,"errcode":0}`,
		"has errcode 40029":                               strings.TrimSuffix(good, "}") + `,"errcode":40029}`,
		"has ok false":                                    strings.TrimSuffix(good, "}") + `,"ok":false}`,
	} {
		cases = append(cases, testCase{"token answer " + name, func(s *scenario) { s.token.raw = body }})
	}
	return append(cases, statusCases("token answer", func(s *scenario) *answer { return &s.token })...)
}
