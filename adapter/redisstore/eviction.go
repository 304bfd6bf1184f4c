package redisstore

import (
	"context"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
)

// keeps is the only maxmemory-policy with which a server that is full removes no key that still
// counts.
const keeps = "noeviction"

// checkEviction warns, after the first answer of Redis, of a server that may remove keys. It says
// nothing about a server that does not tell its policy.
func (c *connection) checkEviction(ctx context.Context) {
	if !c.policyChecked.CompareAndSwap(false, true) {
		return
	}
	var mu sync.Mutex
	removes := ""
	ask := func(ctx context.Context, server redis.Cmdable) error {
		info, err := server.InfoMap(ctx, "memory").Result()
		if policy := info["Memory"]["maxmemory_policy"]; err == nil && policy != "" && policy != keeps {
			mu.Lock()
			defer mu.Unlock()
			removes = policy
		}
		return nil
	}
	if cluster, ok := c.client.(*redis.ClusterClient); ok {
		_ = cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
			return ask(ctx, master)
		})
	} else {
		_ = ask(ctx, c.client)
	}
	if removes != "" {
		c.options.Logger.WarnContext(ctx, "redisstore: Redis may remove what was used or has ended if its memory is "+
			"full: set maxmemory-policy to noeviction", "cause", fmt.Errorf("maxmemory-policy is %s", removes))
	}
}
