// Package password is sign-in with passwords: sign-up, a new password by mail, and a change on the
// account page, with pages that need no script. It is one entry of cardea.Config:
//
//	passwords := password.New(password.Options{
//		From:   "Example <no-reply@example.com>",
//		Sender: sender, // an email.Sender, such as *email.SMTP
//	})
//	auth, err := cardea.New(cardea.Config{
//		…
//		Providers: []cardea.Provider{passwords},
//	})
//
// Nothing is stored about an address before somebody has proven it, and no answer tells who has an
// account. A new password ends the other sessions, and the links that were mailed. [Policy] says
// which new passwords are accepted; package passwordhash hashes them.
package password
