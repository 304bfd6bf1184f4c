package cookie_test

import (
	"testing"

	"github.com/cardea-auth/cardea/internal/cookie"
)

func TestValidDomain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{
		"example.com": true, "app.example.com": true, "my-app.example": true, "1.example": true,
		"xn--exmple-cua.com": true,

		"": false, "localhost": false, ".example.com": false, "example.com.": false, "a..example": false,
		"Example.com": false, "127.0.0.1": false, "[::1]": false, "example.com:443": false, "exämple.com": false,
		"example.com; Secure": false, "example.com\n": false, "https://example.com": false, "*.example.com": false,
	} {
		if got := cookie.ValidDomain(domain); got != want {
			t.Errorf("%q: got %v", domain, got)
		}
	}
}
