package email

import "net/url"

// MailgunRegion is the host name of Mailgun's API in a region. Each domain belongs to one region.
type MailgunRegion string

// The regions of Mailgun.
const (
	MailgunUS MailgunRegion = "api.mailgun.net"    // the United States
	MailgunEU MailgunRegion = "api.eu.mailgun.net" // the European Union
)

// Mailgun sends mails through Mailgun
// (https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages), with the
// region and the name of the sending domain and an API key. Tracking, which would rewrite the
// links, is switched off.
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
		Err: required("region", string(region), "domain", domain, "key", key),
	}
}
