package provider_test

import (
	"fmt"

	"github.com/cardea-auth/cardea/provider"
)

func ExampleWeCom() {
	p := provider.WeCom(provider.Client{ID: "ww100000a5f2191", Secret: "of the app"},
		provider.WeComOptions{AgentID: "1000000"})

	fmt.Println(p.ID, p.Name)
	// Output: wecom WeCom
}
