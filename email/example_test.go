package email_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

// Sign-in by e-mail needs a mail server, and an adapter that is a cardea.TokenStore.
func ExampleNew() {
	_, err := cardea.New(cardea.Config{
		Secret:  "32 bytes or more, made by: cardea secret",
		Adapter: memadapter.New(),
		Providers: []cardea.Provider{email.New(email.Options{
			From:   "Example <no-reply@example.com>",
			Sender: &email.SMTP{Host: "smtp.example.com", Username: "app", Password: "from the environment"},
		})},
	})
	fmt.Println(err)
	// Output: <nil>
}

// api is the client of a mail service.
type api struct{}

func (api) Send(_ context.Context, m email.Message) error {
	fmt.Printf("POST /messages to=%s subject=%q\n", m.To, m.Subject)
	return nil
}

// An application can send the mails in its own way.
func ExampleSender() {
	p := email.New(email.Options{From: "Example <no-reply@example.com>", Sender: api{}})

	// This is what package cardea does when a visitor requests a mail.
	err := p.Send(context.Background(), &cardea.SignInMail{
		To: "ann@example.com", URL: "https://example.com/…", Code: "123456", Site: "https://example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: POST /messages to=ann@example.com subject="Sign in to example.com"
}

// A site in another language composes its own mails.
func ExampleOptions_compose() {
	p := email.New(email.Options{
		From: "Příklad <no-reply@example.cz>", Sender: api{},
		Compose: func(_ context.Context, m *cardea.SignInMail) (email.Message, error) {
			return email.Message{Subject: "Přihlášení", Text: fmt.Sprintf("Odkaz: %s\nKód: %s\n", m.URL, m.Code)}, nil
		},
	})
	if err := p.Send(context.Background(),
		&cardea.SignInMail{To: "ann@example.cz", Site: "https://example.cz"}); err != nil {
		log.Fatal(err)
	}
	// Output: POST /messages to=ann@example.cz subject="Přihlášení"
}

// Text that a mail program could read as another address, or as two, is refused.
func ExampleNormalize() {
	for _, typed := range []string{
		" Ann@Example.COM ", "ann@example.com,eve@example.com", `"ann@example.com"@example.org`, "ann＠example.com",
	} {
		address, err := email.Normalize(typed)
		fmt.Printf("%q %v\n", address, err)
	}
	// Output:
	// "ann@example.com" <nil>
	// "" email: not an address that mail can be sent to
	// "" email: not an address that mail can be sent to
	// "" email: not an address that mail can be sent to
}
