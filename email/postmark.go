package email

import "net/http"

// Postmark sends through Postmark
// (https://postmarkapp.com/developer/user-guide/send-email-with-api) with a server's token, as
// transactional mail and without tracking.
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
		Err: need("server token", serverToken),
	}
}
