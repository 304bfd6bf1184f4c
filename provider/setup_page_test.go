package provider_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

var setupRow = regexp.MustCompile("(?m)^\\| ([^|]+) \\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")

var (
	setupAccount  = regexp.MustCompile("`([a-z_]+)`")
	sourceAccount = regexp.MustCompile(`(?m)^\s+ID:\s+[a-z]+\.String\("([a-z_]+)"\)`)
)

// The table of docs/provider-setup.md says of each provider what the constructor does.
func TestSetupPageMatchesTheCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/provider-setup.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := setupRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != 20 {
		t.Errorf("got %d rows, want 20", len(rows))
	}
	for _, row := range rows {
		name, id, scopes, account, address := row[1], row[2], strings.Trim(row[3], "`"), row[4], row[5]
		i := slices.IndexFunc(services, func(s service) bool { return s.provider.ID == id })
		if i < 0 {
			t.Errorf("%s: there is no provider %s", name, id)
			continue
		}
		p := services[i].provider
		_, section, found := strings.Cut(string(page), "\n## "+name+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		variable := "AUTH_" + strings.ToUpper(strings.ReplaceAll(id, "-", "_")) + "_"
		if !found || !strings.Contains(section, variable) {
			t.Errorf("%s: there is no section with %s", name, variable)
		}
		want := strings.Join(p.Scopes, " ")
		switch {
		case p.Scopes == nil && p.Type == oauth.TypeOIDC:
			want = "openid profile email"
		case len(p.Scopes) == 0:
			want = "those of the app"
		}
		if scopes != want {
			t.Errorf("%s: the page has the scopes %q, the code %q", name, scopes, want)
		}
		source, err := os.ReadFile(services[i].name + ".go")
		if err != nil {
			t.Fatal(err)
		}
		claim, said := "sub", setupAccount.FindStringSubmatch(account) // "sub" is that of the default profile
		if m := sourceAccount.FindSubmatch(source); m != nil {
			claim = string(m[1])
		}
		if said != nil && said[1] != claim {
			t.Errorf("%s: the page has the account ID %s, the code %s", name, said[1], claim)
		}
		isNever := strings.HasPrefix(address, "never")
		if isNever != (p.EmailVerification == oauth.EmailNeverVerified) {
			t.Errorf("%s: the page says of the address %q, the code %v", name, address, p.EmailVerification)
		}
	}
}
