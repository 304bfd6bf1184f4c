package provider_test

import (
	"fmt"

	"github.com/cardea-auth/cardea/provider"
)

func ExampleDingTalk() {
	p := provider.DingTalk(provider.Client{ID: "the app key", Secret: "the app secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: DingTalk https://login.dingtalk.com/oauth2/auth
}
