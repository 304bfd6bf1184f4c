package cardeatest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Person is somebody who can sign in at an [Issuer]. Fields are sent as they are, however odd, so
// that an application can be tested with a Subject of "null" or with EmailVerified as the text
// "false".
type Person struct {
	// the provider's own id of the person; digits only make a number of it in the profile like
	// GitHub's
	Subject       string
	Name          string // not sent when empty
	Email         string // not sent when empty
	EmailVerified any    // usually true or false; not sent when nil
	Picture       string // not sent when empty

	// Claims are further ones, or others in place of those above. A nil value leaves the claim out:
	// {"sub": nil} is a person without subject.
	Claims map[string]any
}

// claims are what the ID token and the userinfo tell of the person.
func (p Person) claims() map[string]any {
	c := map[string]any{"sub": p.Subject, "email_verified": p.EmailVerified}
	for name, value := range map[string]string{"name": p.Name, "email": p.Email, "picture": p.Picture} {
		if value != "" {
			c[name] = value
		}
	}
	return with(c, p.Claims)
}

// profile is what GitHub's GET /user tells of the person.
func (p Person) profile() map[string]any {
	login, _, _ := strings.Cut(p.Email, "@")
	c := map[string]any{"id": p.Subject, "login": login, "name": p.Name, "email": p.Email, "avatar_url": p.Picture}
	if number := json.Number(p.Subject); isInteger(number) {
		c["id"] = number
	}
	return with(c, p.Claims)
}

func isInteger(n json.Number) bool {
	digits := n.String()
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits == "0" || digits[0] != '0')
}

func with(c, more map[string]any) map[string]any {
	maps.Copy(c, more)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// know adds p, in the place of whoever has the same subject. i.mu is held.
func (i *Issuer) know(p Person) {
	same := func(q Person) bool { return q.Subject == p.Subject }
	if at := slices.IndexFunc(i.persons, same); at >= 0 {
		i.persons[at] = p
		return
	}
	i.persons = append(i.persons, p)
}

// person returns who has that subject or address. i.mu is held.
func (i *Issuer) person(hint string) (Person, bool) {
	for _, p := range i.persons {
		if p.Subject == hint || p.Email != "" && strings.EqualFold(p.Email, hint) {
			return p, true
		}
	}
	return Person{}, false
}
