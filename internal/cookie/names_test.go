package cookie_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/cookie"
)

// docs/entities.md lists each cookie, and no other.
func TestDocumentationListsEachCookie(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/entities.md")
	if err != nil {
		t.Fatal(err)
	}
	n := cookie.NamesV5(false)
	want := []string{
		n.Session, n.CSRF, n.CallbackURL, n.State + ".…", n.Mail, n.Pending(), n.Device(),
		strings.TrimSuffix(n.Feature("…", ""), "."),
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(authjs\\.[^`]*)`").FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(want)
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("the page lists %q, want %q", listed, want)
	}
}
