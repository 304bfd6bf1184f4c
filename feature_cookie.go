package cardea

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/oauth"
)

// Cookie returns a cookie of the feature. No other feature has it. If ctx is not that of a request,
// it has no values, and setting it is an error.
func (h *Host) Cookie(ctx context.Context, name string) feature.Cookie {
	e := requestOf(ctx, h)
	if e == nil {
		return featureCookie{}
	}
	return featureCookie{e, e.names.Feature(h.id, name)}
}

// featureCookie is a cookie of a feature.
type featureCookie struct {
	exchange *exchange // nil without a request
	name     string
}

func (c featureCookie) Values() oauth.Claims {
	if c.exchange == nil {
		return nil
	}
	opened, err := c.exchange.auth.sealer.Open(c.name, c.exchange.jar.Get(c.name), c.exchange.now)
	if err != nil {
		return nil
	}
	values, _ := opened["values"].(map[string]any)
	return values
}

func (c featureCookie) Set(maxAge time.Duration, values oauth.Claims) error {
	if c.exchange == nil {
		return errNoRequest
	}
	err := cookieRoom{c.exchange}.setSealed(c.name, cookie.Cookie{Name: c.name}, maxAge,
		map[string]any{"values": values})
	if err == nil {
		writeJar(c.exchange)
	}
	return err
}

func (c featureCookie) Clear() {
	if c.exchange != nil {
		c.exchange.jar.Clear(c.name)
		writeJar(c.exchange)
	}
}
