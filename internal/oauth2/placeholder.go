package oauth2

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var placeholder = regexp.MustCompile(`\{[A-Za-z0-9_.-]+\}`)

// Placeholders returns the names that a template has in braces, each as often as it occurs.
func Placeholders(template string) []string {
	names := placeholder.FindAllString(template, -1)
	for i, name := range names {
		names[i] = strings.Trim(name, "{}")
	}
	return names
}

// Fill replaces the names in braces by their values. A name with dots, such as {team.id}, stands
// for a member of a nested object. A name without a value that is text or a number is an error.
func Fill(template string, values map[string]any) (string, error) {
	return fill(template, values, func(s string) (string, bool) { return s, true })
}

// fillURL is Fill for a URL. It escapes each value, so that it stays one segment of the path or one
// value of the query, and refuses the segments . and .. of a path.
func fillURL(template string, values map[string]any) (string, error) {
	path, query, has := strings.Cut(template, "?")
	path, err := fill(path, values, func(s string) (string, bool) { return url.PathEscape(s), s != "." && s != ".." })
	if err != nil || !has {
		return path, err
	}
	query, err = fill(query, values, func(s string) (string, bool) { return url.QueryEscape(s), true })
	return path + "?" + query, err
}

// fill replaces each name by its escaped value. If escape returns false the value cannot be used.
func fill(template string, values map[string]any, escape func(string) (string, bool)) (string, error) {
	var failed error
	filled := placeholder.ReplaceAllStringFunc(template, func(name string) string {
		s, ok := escape(lookUp(values, strings.Trim(name, "{}")))
		if s == "" || !ok {
			failed = fmt.Errorf("there is no value for %s", name)
		}
		return s
	})
	if failed != nil {
		return "", failed
	}
	return filled, nil
}

// lookUp returns the text or the number with a name, or "" if there is none. Dots in the name lead
// to members of nested objects.
func lookUp(values map[string]any, name string) string {
	var v any = values
	for part := range strings.SplitSeq(name, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[part]
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
