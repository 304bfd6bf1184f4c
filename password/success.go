package password

import (
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The values of the query parameter success, which the pages of an application get when something
// was done.
const (
	SuccessSignUpMailed = "password_signup_mailed" // at VerifyRequest: whoever has the address got a mail
	SuccessResetMailed  = "password_reset_mailed"  // at VerifyRequest: the user with the address, if any, got a mail
	SuccessReset        = "password_reset"         // at SignIn: the link of a mail has set a new password
	SuccessChanged      = "password_changed"       // at Account: the user has another password
	SuccessSet          = "password_set"           // at Account: the user has a first password
	SuccessRemoved      = "password_removed"       // at Account: the user has no password any more
)

// successes are the values for the endpoint of a path.
var successes = map[string][]feature.Success{
	pathSignUp: {{
		Value:  SuccessSignUpMailed,
		Mailed: func(t *language.Texts) string { return t.Text("password.signup.mailed") },
	}},
	pathForgot: {{
		Value:  SuccessResetMailed,
		Mailed: func(t *language.Texts) string { return t.Text("password.forgot.mailed") },
	}},
	pathChoose: {{Value: SuccessReset}},
	pathChange: {{Value: SuccessChanged}},
	pathSet:    {{Value: SuccessSet}},
	pathRemove: {{Value: SuccessRemoved}},
}
