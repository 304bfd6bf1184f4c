package email

import "net/http"

// Postmark sends mails through Postmark
// (https://postmarkapp.com/developer/user-guide/send-email-with-api) with the token of a server
// there, as transactional mail. Tracking, which would rewrite the links, is switched off.
func Postmark(serverToken string) *Service {
	return &Service{
		Name:   "Postmark",
		URL:    "https://api.postmarkapp.com/email",
		Header: http.Header{"X-Postmark-Server-Token": {serverToken}},
		Body: func(m Message) (any, error) {
			return map[string]any{
				"From": m.From, "To": m.To, "Subject": m.Subject, "TextBody": m.Text, "HtmlBody": m.HTML,
				"MessageStream": "outbound", "TrackOpens": false, "TrackLinks": "None",
			}, nil
		},
		Err: required("server token", serverToken),
	}
}
