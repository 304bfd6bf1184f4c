package provider

import (
	"cmp"
	"errors"
	"strings"
)

// slashed is an issuer as services write it that end theirs with a slash, however the configuration
// has it.
func slashed(issuer string) string {
	if issuer == "" {
		return ""
	}
	return strings.TrimSuffix(issuer, "/") + "/"
}

// server is the address of an OAuth 2.0 server of which there are many: the one that c.Issuer
// names, or else the best known.
func server(c Client, known string) string { return cmp.Or(strings.TrimSuffix(c.Issuer, "/"), known) }

// needsIssuer is for servers of which none is known.
func needsIssuer(c Client) error {
	if c.Issuer == "" {
		return errors.New("Client.Issuer: is empty; it is the address of the server")
	}
	return nil
}
