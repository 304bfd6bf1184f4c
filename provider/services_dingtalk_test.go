package provider_test

import "github.com/cardea-auth/cardea/provider"

var _ = add(service{"dingtalk", provider.DingTalk(client)})
