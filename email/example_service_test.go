package email_test

import (
	"fmt"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

// The mails can go through the API of a mail service. New reports a missing key.
func ExampleService() {
	_, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Adapter: memadapter.New(),
		Providers: []cardea.Provider{email.New(email.Options{
			From:   "Example <no-reply@example.com>",
			Sender: email.Mailgun(email.MailgunEU, "mg.example.com", ""),
		})},
	})
	fmt.Println(err)
	// Output: cardea: Config.Providers[0] (email): Options.Sender: Mailgun: the key is empty; is its environment variable set?
}
