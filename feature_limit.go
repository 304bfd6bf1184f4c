package cardea

import (
	"context"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Limit returns a limit of the feature, such as that of the wrong codes of an account. It counts
// where Config.Limits count, for all processes if there is a [ratelimit.Store].
func (h *Host) Limit(name string, rate ratelimit.Rate) feature.Limit {
	return featureLimit{h.auth, "feature " + h.id + "." + name, rate}
}

// featureLimit is a limit of a feature.
type featureLimit struct {
	auth *Auth
	name string
	rate ratelimit.Rate
}

func (l featureLimit) Take(ctx context.Context, subject string) error {
	return l.auth.counter.take(ctx, l.auth.now(), budget{l.name, subject, l.rate})
}

func (l featureLimit) Give(ctx context.Context, subject string) {
	l.auth.counter.give(ctx, budget{l.name, subject, l.rate})
}
