// Package huma is the web site as an API with github.com/danielgtaylor/huma, which describes it in
// OpenAPI.
package huma

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
)

// Person is a user, as the API shows it.
type Person struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// Article is an article, as the API gets it.
type Article struct {
	Title string `json:"title"`
}

type (
	text   struct{ Body string }
	person struct{ Body Person }
	write  struct{ Body Article }
	public struct {
		CacheControl string `header:"Cache-Control"`
		Body         string
	}
)

// New returns the API.
func New(auth *cardea.Auth) http.Handler {
	operations := http.NewServeMux()
	config := huma.DefaultConfig("Articles", "1.0.0")
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "__Secure-authjs.session-token"},
	}
	api := humago.New(operations, config)
	api.UseMiddleware(check(api))
	huma.Get(api, "/", home)
	huma.Get(api, "/news", news)
	huma.Get(api, "/me", me, allow())
	huma.Get(api, "/editors/articles", articles, allow("editor"))
	huma.Post(api, "/editors/articles", publish, allow("editor"))

	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/", http.NewCrossOriginProtection().Handler(auth.Load(operations)))
	return mux
}

// allow lets only users with one of the roles call an operation; without roles, all who are signed
// in. The description in OpenAPI says so too.
func allow(roles ...string) func(*huma.Operation) {
	return func(o *huma.Operation) {
		o.Security = []map[string][]string{{"session": roles}}
		o.Errors = append(o.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
}

// check does what the security of an operation says.
func check(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		status := http.StatusOK
		for _, scheme := range c.Operation().Security {
			if roles, ok := scheme["session"]; ok {
				status = mayPass(c.Context(), roles)
			}
		}
		if status != http.StatusOK {
			huma.WriteErr(api, c, status, http.StatusText(status))
			return
		}
		next(c)
	}
}

func home(ctx context.Context, _ *struct{}) (*text, error) {
	if s := cardea.SessionFrom(ctx); s != nil {
		return &text{"Welcome back, " + s.User.Name + "."}, nil
	}
	return &text{"Welcome. Please sign in at /api/auth/signin."}, nil
}

// me is for users who are signed in: check has let nobody else pass.
func me(ctx context.Context, _ *struct{}) (*person, error) {
	u, err := cardea.UserAs[site.User](ctx)
	if err != nil {
		return nil, huma.Error503ServiceUnavailable("Try again later.")
	}
	return &person{Person{u.String(), u.Role}}, nil
}

// mayPass returns the status 200 if somebody with one of the roles is signed in.
func mayPass(ctx context.Context, roles []string) int {
	u, err := cardea.UserAs[site.User](ctx)
	switch {
	case errors.Is(err, cardea.ErrNoSession):
		return http.StatusUnauthorized
	case err != nil:
		return http.StatusServiceUnavailable
	case len(roles) > 0 && !slices.Contains(roles, u.Role):
		return http.StatusForbidden
	}
	return http.StatusOK
}

// news is the same for everybody, so caches may store it.
func news(context.Context, *struct{}) (*public, error) {
	return &public{CacheControl: "public, max-age=60", Body: "No news today."}, nil
}

func articles(context.Context, *struct{}) (*text, error) {
	return &text{"There are no articles yet."}, nil
}

func publish(ctx context.Context, in *write) (*text, error) {
	u, err := cardea.UserAs[site.User](ctx)
	if err != nil {
		return nil, huma.Error503ServiceUnavailable("Try again later.")
	}
	return &text{fmt.Sprintf("%s has published %q.", u, in.Body.Title)}, nil
}
