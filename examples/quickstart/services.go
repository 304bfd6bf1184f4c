package main

import (
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/provider"
)

// services returns the providers whose client ID is in the environment. If another variable of
// theirs is missing, cardea.New says which.
func services() []cardea.Provider {
	var set []cardea.Provider
	if os.Getenv("AUTH_GITHUB_ID") != "" {
		set = append(set, provider.GitHub(provider.Env("AUTH_GITHUB")))
	}
	if os.Getenv("AUTH_GOOGLE_ID") != "" {
		set = append(set, provider.Google(provider.Env("AUTH_GOOGLE")))
	}
	if os.Getenv("AUTH_OIDC_ID") != "" {
		set = append(set, provider.OIDC("oidc", "your OpenID provider", provider.Env("AUTH_OIDC")))
	}
	return set
}
