package oauth_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	const text = `{
		"id": 9007199254740993, "data": {"user": {"id": "u", "on": true}}, "list": [{"a": "1"}, 7, {"a": "2"}],
		"texts": ["x", 2, null, {}], "no": null
	}`
	var c oauth.Claims
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		want string
	}{
		{"id", "9007199254740993"}, {"data user id", "u"}, {"list 0 a", "1"}, {"list 2 a", "2"}, {"list 1", "7"},
		{"texts 1", "2"}, {"list 3 a", ""}, {"list -1 a", ""}, {"list x a", ""}, {"list a", ""}, {"data", ""},
		{"data user id more", ""}, {"no", ""}, {"nothing", ""},
	} {
		if got := c.String(strings.Fields(test.path)...); got != test.want {
			t.Errorf("String(%s) = %q, want %q", test.path, got, test.want)
		}
	}
	user := c.Object("data", "user")
	if user.String("id") != "u" || !user.True("on") || c.Object("list") != nil || c.Object("no").String("id") != "" {
		t.Errorf("Object = %v", user)
	}
	if list := c.List("list"); len(list) != 2 || list[1].String("a") != "2" || c.List("data") != nil {
		t.Errorf("List = %v", list)
	}
	if got := c.Strings("texts"); !slices.Equal(got, []string{"x", "2"}) || c.Strings("id") != nil {
		t.Errorf("Strings = %v", got)
	}
}
