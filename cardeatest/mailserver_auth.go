package cardeatest

import (
	"encoding/base64"
	"slices"
	"strings"
)

// mechanisms returns what AUTH offers.
func (c *MailServerConfig) mechanisms() []string {
	switch {
	case c.Mechanisms != nil:
		return c.Mechanisms
	case c.Token != "":
		return []string{"XOAUTH2", "OAUTHBEARER"}
	}
	return []string{"LOGIN", "PLAIN"}
}

// authenticate runs an AUTH command (RFC 4954) to its end, and returns the reply.
func (c *mailConn) authenticate(line string) string {
	words := strings.Fields(line)
	if len(words) < 2 || !c.delivery.Encrypted || !c.server.config.offers(words[1]) {
		return "504 5.5.4 no such mechanism"
	}
	name := strings.ToUpper(words[1])
	if !c.authenticates(name, words[2:]) {
		return "535 5.7.8 refused"
	}
	c.delivery.Username, c.delivery.Mechanism = c.server.config.Username, name
	return "235 welcome"
}

func (c *MailServerConfig) offers(mechanism string) bool {
	return slices.ContainsFunc(c.mechanisms(), func(offered string) bool {
		return strings.EqualFold(offered, mechanism)
	})
}

// authenticates reports whether the client's responses are right. The first one may have come with
// the command.
func (c *mailConn) authenticates(mechanism string, initial []string) bool {
	s := &c.server.config
	first := func(challenge string) string {
		if len(initial) > 0 {
			return decodeBase64(initial[0])
		}
		return c.challenge(challenge)
	}
	bearer := "\x01auth=Bearer " + s.Token + "\x01\x01"
	ok := false
	switch mechanism {
	case "PLAIN":
		return first("") == "\x00"+s.Username+"\x00"+s.Password
	case "LOGIN":
		return first("Username:") == s.Username && c.challenge("Password:") == s.Password
	case "XOAUTH2":
		ok = first("") == "user="+s.Username+bearer
	case "OAUTHBEARER": // RFC 7628 § 3.1
		response := first("")
		ok = strings.HasPrefix(response, "n,a="+s.Username+",\x01") && strings.HasSuffix(response, bearer)
	}
	if !ok {
		c.challenge(`{"status":"401"}`) // RFC 7628 § 3.2.3: the client answers before the refusal
	}
	return ok && s.Token != ""
}

// challenge sends a challenge, and returns the client's response.
func (c *mailConn) challenge(text string) string {
	if c.text.PrintfLine("334 %s", base64.StdEncoding.EncodeToString([]byte(text))) != nil {
		return ""
	}
	line, err := c.text.ReadLine()
	if err != nil {
		return ""
	}
	return decodeBase64(line)
}

// decodeBase64 returns "" for what is not base64.
func decodeBase64(s string) string {
	b, _ := base64.StdEncoding.DecodeString(s)
	return string(b)
}
