package redisstore_test

import (
	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// Limits, and what may be used once, are in Redis, and everything else is in the database.
func Example() {
	inFrontOf := func(database cardea.Adapter) (cardea.Adapter, error) {
		client := redis.NewClient(&redis.Options{Addr: "redis:6379", ContextTimeoutEnabled: true})
		store, err := redisstore.New(client, redisstore.Options{})
		if err != nil {
			return nil, err
		}
		adapter, err := store.Wrap(database)
		return adapter, err
	}
	adapter, err := inFrontOf(memadapter.New()) // such as a *gormadapter.Adapter
	if err != nil {
		panic(err)
	}
	_ = cardea.Config{Adapter: adapter}
}

// Only the limits are in Redis.
func ExampleStore() {
	client := redis.NewClient(&redis.Options{Addr: "redis:6379", ContextTimeoutEnabled: true})
	store, err := redisstore.New(client, redisstore.Options{})
	if err != nil {
		panic(err)
	}
	config := cardea.Config{}
	config.Limits.Store = store
}
