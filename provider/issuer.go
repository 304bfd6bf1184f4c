package provider

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
)

// slashed returns the issuer with a slash at its end, for services whose issuer has one.
func slashed(issuer string) string {
	if issuer == "" {
		return ""
	}
	return strings.TrimSuffix(issuer, "/") + "/"
}

// server returns the address of a server that many organizations run: c.Issuer without a slash at
// its end, or the best known server if c.Issuer is empty.
func server(c Client, known string) string { return cmp.Or(strings.TrimSuffix(c.Issuer, "/"), known) }

// needsIssuer returns an error if c.Issuer is empty.
func needsIssuer(c Client) error {
	if c.Issuer == "" {
		return errors.New("Client.Issuer: is empty; set it to the address of the server")
	}
	return nil
}

// within returns the account ID of a service whose user IDs are unique only within a tenant. It is
// "" if one of the two is.
func within(tenant, id string) string {
	if tenant == "" || id == "" {
		return ""
	}
	return url.PathEscape(tenant) + "/" + id
}
