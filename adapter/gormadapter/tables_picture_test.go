package gormadapter_test

import (
	flags "flag"
	"fmt"
	"html"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm/schema"
)

var updatePicture = flags.Bool("update", false, "write docs/images/tables.svg")

// needs says what each table is for: the package or the setting that needs it.
var needs = map[string]string{
	"user":               "every site with an adapter",
	"session":            "StrategyDatabase, the default with an adapter",
	"account":            "providers: package provider",
	"verification_token": "package email, links of features",
	"authenticator":      "passkeys of a feature of your own",
	"throttle":           "limits that processes share",
	"factor":             "package factor",
	"recovery_code":      "package factor",
	"user_password":      "package password",
}

const tablesPicture = "../../docs/images/tables.svg"

// docs/images/tables.svg shows the tables as the default entities have them. Write it again with
//
//	go test -run TablesPicture . -update
func TestTablesPictureShowsTheEntities(t *testing.T) {
	t.Parallel()
	want := drawTables(t)
	if *updatePicture {
		must(t, os.WriteFile(tablesPicture, []byte(want), 0o644))
	}
	got, err := os.ReadFile(tablesPicture)
	must(t, err)
	if string(got) != want {
		t.Error("the picture differs from the entities: go test -run TablesPicture . -update")
	}
}

// drawTables returns the picture: one card for each table, two columns of a table in each line.
func drawTables(t *testing.T) string {
	t.Helper()
	other, err := os.ReadFile("../../docs/images/signin-oauth.svg")
	must(t, err)
	_, style, _ := strings.Cut(string(other), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	var b strings.Builder
	y := 16
	for _, entity := range gormadapter.DefaultEntities() {
		s, err := schema.Parse(entity, &sync.Map{}, schema.NamingStrategy{SingularTable: true})
		must(t, err)
		lines := (len(s.DBNames) + 1) / 2
		height := 56 + 18*lines
		fmt.Fprintf(&b, "<rect class=\"step\" x=\"16\" y=\"%d\" width=\"326\" height=\"%d\" rx=\"8\"/>\n", y, height)
		fmt.Fprintf(&b, "<text x=\"30\" y=\"%d\" font-weight=\"600\">%s</text>\n", y+22, s.Table)
		if needs[s.Table] == "" {
			t.Errorf("what needs table %s?", s.Table)
		}
		fmt.Fprintf(&b, "<text class=\"note\" x=\"30\" y=\"%d\">%s</text>\n", y+40, html.EscapeString(needs[s.Table]))
		for i, name := range s.DBNames {
			class, text := "note", name
			switch f := s.FieldsByDBName[name]; {
			case f.PrimaryKey:
				class, text = "who", name
			case name == "user_id":
				class, text = "row", name+" → user"
			}
			if f := s.FieldsByDBName[name]; f.PrimaryKey && name == "user_id" {
				text += " → user"
			}
			fmt.Fprintf(&b, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n",
				class, 30+150*(i%2), y+60+18*(i/2), text)
		}
		y += height + 10
	}
	y += 6
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"358\" height=\"%d\" viewBox=\"0 0 358 %d\" "+
		"role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">The tables</title>\n<desc id=\"desc\">The "+
		"tables of the default entities with their columns. Primary keys are blue, references to a user are "+
		"green.</desc>\n"+
		"<style>%s</style>\n<rect class=\"card\" x=\".5\" y=\".5\" width=\"357\" height=\"%d\" rx=\"10\"/>\n%s</svg>\n",
		y, y, style, y-1, b.String())
}
