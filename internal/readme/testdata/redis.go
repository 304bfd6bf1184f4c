// The declarations that the code of docs/redis.md uses but does not contain.
package main

import (
	"context"
	"sync/atomic"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	redis "github.com/redis/go-redis/v9"
)

func ready(context.Context, *gormadapter.Adapter) error { return nil }
