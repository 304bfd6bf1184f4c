// Package echo is the web site with github.com/labstack/echo.
package echo

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
)

// New returns the web site.
func New(auth *cardea.Auth) http.Handler {
	e := echo.New()
	e.Any("/api/auth/*", echo.WrapHandler(auth))
	public := e.Group("", echo.WrapMiddleware(http.NewCrossOriginProtection().Handler),
		echo.WrapMiddleware(auth.Load))
	public.GET("/", home)
	public.GET("/news", news)
	public.GET("/me", echo.WrapHandler(cardea.Handle(auth, me)))
	editors := public.Group("/editors", echo.WrapMiddleware(auth.Require),
		echo.WrapMiddleware(site.Only("editor")))
	editors.GET("/articles", articles)
	editors.POST("/articles", publish)
	return e
}

func home(c *echo.Context) error {
	if s := cardea.SessionFrom(c.Request().Context()); s != nil {
		return c.String(http.StatusOK, "Welcome back, "+s.User.Name+".\n")
	}
	return c.String(http.StatusOK, "Welcome. Please sign in at /api/auth/signin.\n")
}

// news is the same for everybody, so caches may store it.
func news(c *echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=60")
	return c.String(http.StatusOK, "No news today.\n")
}

// me runs only for visitors who are signed in, and gets their row.
func me(w http.ResponseWriter, _ *http.Request, u *site.User) {
	fmt.Fprintf(w, "You are %s (%s).\n", u, u.Role)
}

func articles(c *echo.Context) error { return c.String(http.StatusOK, "There are no articles yet.\n") }

// publish has the row too: Require has read it.
func publish(c *echo.Context) error {
	u, err := cardea.UserAs[site.User](c.Request().Context())
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable, "Try again later.")
	}
	return c.String(http.StatusOK, fmt.Sprintf("%s has published %q.\n", u, c.FormValue("title")))
}
