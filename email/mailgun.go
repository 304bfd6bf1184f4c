package email

import "net/url"

// MailgunRegion is where [Mailgun] keeps mail, as the host of its API. The regions do not know each
// other's domains.
type MailgunRegion string

// The regions.
const (
	MailgunUS MailgunRegion = "api.mailgun.net"
	MailgunEU MailgunRegion = "api.eu.mailgun.net"
)

// Mailgun sends through Mailgun
// (https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages) with an API
// key, from a sending domain; without tracking, which would rewrite the links.
func Mailgun(region MailgunRegion, domain, key string) *Service {
	return &Service{
		Name:   "Mailgun",
		URL:    "https://" + string(region) + "/v3/" + url.PathEscape(domain) + "/messages",
		Header: basic("api", key),
		Body: func(m Message) (any, error) {
			form := url.Values{
				"from": {m.From}, "to": {m.To}, "subject": {m.Subject}, "text": {m.Text}, "o:tracking": {"no"},
			}
			if m.HTML != "" {
				form.Set("html", m.HTML)
			}
			return form, nil
		},
		Err: need("region", string(region), "domain", domain, "key", key),
	}
}
