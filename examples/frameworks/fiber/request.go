package fiber

import (
	"context"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
)

// handler makes a fiber.Handler of a handler of net/http. The handler gets a copy of the request,
// in memory of its own: fasthttp uses the memory of a request again for the next one, so what the
// handler keeps, or does after its answer, would read the data of another visitor. The setting
// Immutable of Fiber does not change that.
func handler(h http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		ctx := c.Context() // what middleware has added; not that of fasthttp, which is used again too
		return adaptor.HTTPHandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, owned(ctx, r))
		})(c)
	}
}

// owned returns a copy of a request, with another context, that shares no memory with it but the
// body, which fasthttp has read whole.
func owned(ctx context.Context, r *http.Request) *http.Request {
	u := *r.URL
	u.Scheme, u.Host, u.Opaque = strings.Clone(u.Scheme), strings.Clone(u.Host), strings.Clone(u.Opaque)
	u.Path, u.RawPath = strings.Clone(u.Path), strings.Clone(u.RawPath)
	u.RawQuery, u.Fragment = strings.Clone(u.RawQuery), strings.Clone(u.Fragment)
	u.User = nil // a request has none
	header := make(http.Header, len(r.Header))
	for name, values := range r.Header {
		for _, v := range values {
			header.Add(strings.Clone(name), strings.Clone(v))
		}
	}
	copied := r.WithContext(ctx)
	copied.Method, copied.Proto, copied.Host = strings.Clone(r.Method), strings.Clone(r.Proto), strings.Clone(r.Host)
	copied.RequestURI, copied.RemoteAddr = strings.Clone(r.RequestURI), strings.Clone(r.RemoteAddr)
	copied.TransferEncoding = nil // the body is whole
	copied.URL, copied.Header = &u, header
	return copied
}

// use makes Fiber's middleware of middleware of net/http. What it adds to the context of a request
// is in c.Context().
func use(middleware func(http.Handler) http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		var passed context.Context
		err := handler(middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = r.Context()
		})))(c)
		if err != nil || passed == nil {
			return err
		}
		c.SetContext(passed)
		err = c.Next()
		if len(c.Response().Header.Peek(fiber.HeaderSetCookie)) > 0 {
			c.Set(fiber.HeaderCacheControl, "private, no-store") // whatever the handler says
		}
		return err
	}
}
