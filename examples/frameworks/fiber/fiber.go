// Package fiber is the web site with github.com/gofiber/fiber.
package fiber

import (
	"fmt"
	"net/http"

	"github.com/gofiber/fiber/v3"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
)

// New returns the web site.
func New(auth *cardea.Auth) *fiber.App {
	// Cookies of sessions with StrategyJWT may be larger than the 4096 bytes of the default.
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	app.All("/api/auth/*", handler(auth))
	app.Use(use(http.NewCrossOriginProtection().Handler), use(auth.Load))
	app.Get("/", home)
	app.Get("/news", news)
	app.Get("/me", use(auth.Require), me)
	editors := app.Group("/editors", use(auth.Require), use(site.Only("editor")))
	editors.Get("/articles", articles)
	editors.Post("/articles", publish)
	return app
}

func home(c fiber.Ctx) error {
	if s := cardea.SessionFrom(c.Context()); s != nil {
		return c.SendString("Welcome back, " + s.User.Name + ".\n")
	}
	return c.SendString("Welcome. Please sign in at /api/auth/signin.\n")
}

// news is the same for everybody, so caches may store it.
func news(c fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "public, max-age=60")
	return c.SendString("No news today.\n")
}

// me runs only for visitors who are signed in, and reads their row.
func me(c fiber.Ctx) error {
	u, err := cardea.UserAs[site.User](c.Context())
	if err != nil {
		return fiber.ErrServiceUnavailable
	}
	return c.SendString(fmt.Sprintf("You are %s (%s).\n", u, u.Role))
}

func articles(c fiber.Ctx) error { return c.SendString("There are no articles yet.\n") }

func publish(c fiber.Ctx) error {
	u, err := cardea.UserAs[site.User](c.Context())
	if err != nil {
		return fiber.ErrServiceUnavailable
	}
	return c.SendString(fmt.Sprintf("%s has published %q.\n", u, c.FormValue("title")))
}
