package gormadapter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"gorm.io/gorm"
)

// Whatever prints the settings of a connection must not print the password.
func TestNoPasswordIsPrinted(t *testing.T) {
	t.Parallel()
	const canary = "canary0123456789"
	values := []any{gormadapter.Options{Host: "db.example", Password: canary, DSN: "postgres://u:" + canary + "@h/d"}}
	for _, o := range []gormadapter.Options{
		{Driver: postgresql.Driver, DSN: "postgres://user:" + canary + "@127.0.0.1:1/name"},
		{Driver: postgresql.Driver, User: "user", Password: canary, DBName: "name"},
		{Driver: mysql.Driver, DSN: "mysql://user:" + canary + "@127.0.0.1:1/name"},
		{Driver: mysql.Driver, User: "user", Password: canary, DBName: "name"},
	} {
		connection, err := o.Driver.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Pool.Close() })
		values = append(values, o, *connection)
		db, err := gorm.Open(connection.Dialector, &gorm.Config{DisableAutomaticPing: true})
		if err != nil {
			continue // MySQL's dialect asks the server for its version
		}
		adapter, err := gormadapter.New(db)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, adapter)
	}
	if len(values) < 10 {
		t.Errorf("only %d values", len(values))
	}
	for _, v := range values {
		for _, nested := range []any{v, &v, []any{v}, map[string]any{"key": v}, struct{ Inner any }{v}} {
			var b bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&b, verb, nested)
			}
			text, _ := json.Marshal(nested)
			b.Write(text)
			slog.New(slog.NewTextHandler(&b, nil)).Info("said", "value", nested)
			slog.New(slog.NewJSONHandler(&b, nil)).Info("said", "value", nested)
			if s := b.String(); strings.Contains(s, canary) || strings.Contains(s, fmt.Sprintf("%x", canary)) {
				t.Errorf("%T prints the password", v)
			}
		}
	}
	text := fmt.Sprint(values[0])
	if !strings.Contains(text, "db.example") || !strings.Contains(text, "Password=[redacted]") {
		t.Errorf("options say nothing: %s", text)
	}
}

// An application's own type that embeds an entity prints its own fields.
func TestEntitiesOfApplicationsPrintTheirFields(t *testing.T) {
	t.Parallel()
	type link struct {
		gormadapter.Account
		Note string
	}
	token := "canary"
	row := link{gormadapter.Account{AccessToken: &token, RefreshToken: &token, IDToken: &token}, "my note"}
	text, err := json.Marshal(row)
	for _, s := range []string{fmt.Sprintf("%+v", row), string(text)} {
		if !strings.Contains(s, "my note") || strings.Contains(s, token) || err != nil {
			t.Errorf("got %s, %v", s, err)
		}
	}
}
