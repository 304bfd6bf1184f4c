package provider

import "strings"

// slashed is an issuer as services write it that end theirs with a slash, however the configuration has it.
func slashed(issuer string) string {
	if issuer == "" {
		return ""
	}
	return strings.TrimSuffix(issuer, "/") + "/"
}
