// Package chi has the part of github.com/go-chi/chi/v5 that docs/authjs.md uses. No module of the
// repository depends on chi itself.
package chi

import "net/http"

// Router is chi's Router.
type Router interface {
	http.Handler
	Use(middlewares ...func(http.Handler) http.Handler)
	Get(pattern string, handler http.HandlerFunc)
	Group(fn func(r Router)) Router
}

// NewRouter returns nil: the code is only compiled.
func NewRouter() Router { return nil }
