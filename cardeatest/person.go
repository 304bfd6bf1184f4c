package cardeatest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Person is somebody who can sign in at an [Issuer]. Fields are sent unchanged, so that an
// application can be tested with unusual values, such as the Subject "null" or the text "false" as
// EmailVerified.
type Person struct {
	// Subject is the provider's own ID of the person. If it is a decimal number, the profile at
	// URL/user has it as a JSON number, as GitHub's has.
	Subject string

	Name          string // not sent if empty
	Email         string // not sent if empty
	EmailVerified any    // usually true or false; not sent if nil
	Picture       string // URL; not sent if empty

	// Claims are additional claims, which replace those of the fields above. A claim with a nil
	// value is left out: {"sub": nil} makes a person without subject.
	Claims map[string]any
}

// claims returns the claims about the person in the ID token and in the userinfo.
func (p Person) claims() map[string]any {
	c := map[string]any{"sub": p.Subject, "email_verified": p.EmailVerified}
	for name, value := range map[string]string{"name": p.Name, "email": p.Email, "picture": p.Picture} {
		if value != "" {
			c[name] = value
		}
	}
	return merge(c, p.Claims)
}

// profile returns the person as GitHub's GET /user does.
func (p Person) profile() map[string]any {
	login, _, _ := strings.Cut(p.Email, "@")
	c := map[string]any{"id": p.Subject, "login": login, "name": p.Name, "email": p.Email, "avatar_url": p.Picture}
	if number := json.Number(p.Subject); isInteger(number) {
		c["id"] = number
	}
	return merge(c, p.Claims)
}

func isInteger(n json.Number) bool {
	digits := n.String()
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits == "0" || digits[0] != '0')
}

// merge adds more to c, and removes members with a nil value.
func merge(c, more map[string]any) map[string]any {
	maps.Copy(c, more)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// addPerson adds p, or replaces the person with the same subject. mu is held.
func (i *Issuer) addPerson(p Person) {
	same := func(q Person) bool { return q.Subject == p.Subject }
	if at := slices.IndexFunc(i.persons, same); at >= 0 {
		i.persons[at] = p
		return
	}
	i.persons = append(i.persons, p)
}

// person returns the person with that subject or e-mail address. mu is held.
func (i *Issuer) person(hint string) (Person, bool) {
	for _, p := range i.persons {
		if p.Subject == hint || p.Email != "" && strings.EqualFold(p.Email, hint) {
			return p, true
		}
	}
	return Person{}, false
}
