// Package gin is the web site with github.com/gin-gonic/gin.
package gin

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
)

// New returns the web site.
func New(auth *cardea.Auth) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.Any("/api/auth/*path", gin.WrapH(auth))
	r.GET("/", home)
	r.GET("/news", news)
	r.GET("/me", use(auth.Require), me)
	editors := r.Group("/editors", use(auth.Require), use(site.Only("editor")))
	editors.GET("/articles", articles)
	editors.POST("/articles", publish)

	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("/api/auth/") // Cardea protects its endpoints itself
	return auth.Load(protection.Handler(r))
}

// use makes a gin.HandlerFunc of middleware that only decides who passes.
func use(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

func home(c *gin.Context) {
	if s := cardea.SessionFrom(c.Request.Context()); s != nil {
		c.String(http.StatusOK, "Welcome back, %s.\n", s.User.Name)
		return
	}
	c.String(http.StatusOK, "Welcome. Please sign in at /api/auth/signin.\n")
}

// news is the same for everybody, so caches may store it.
func news(c *gin.Context) {
	c.Header("Cache-Control", "public, max-age=60")
	c.String(http.StatusOK, "No news today.\n")
}

// me runs only for visitors who are signed in, and reads their row.
func me(c *gin.Context) {
	u, err := cardea.UserAs[site.User](c.Request.Context())
	if err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	c.String(http.StatusOK, "You are %s (%s).\n", u, u.Role)
}

func articles(c *gin.Context) { c.String(http.StatusOK, "There are no articles yet.\n") }

func publish(c *gin.Context) {
	u, err := cardea.UserAs[site.User](c.Request.Context())
	if err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	c.String(http.StatusOK, "%s has published %q.\n", u, c.PostForm("title"))
}
