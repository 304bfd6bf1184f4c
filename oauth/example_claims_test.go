package oauth_test

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// A path leads into objects and lists. A value that is missing, or of another type, is the zero
// value.
func ExampleClaims() {
	var raw oauth.Claims
	answer := json.NewDecoder(strings.NewReader(`{
		"id": 9007199254740993,
		"emails": [{"value": "ann@example.com", "verified": true}],
		"groups": ["staff", "editors"]
	}`))
	answer.UseNumber() // as this module decodes answers: large numbers stay exact
	if err := answer.Decode(&raw); err != nil {
		log.Fatal(err)
	}

	fmt.Println(raw.String("id"))
	fmt.Println(raw.String("emails", "0", "value"), raw.True("emails", "0", "verified"))
	fmt.Println(raw.Strings("groups"))
	fmt.Printf("%q\n", raw.String("user", "name"))
	// Output:
	// 9007199254740993
	// ann@example.com true
	// [staff editors]
	// ""
}
