package email

import "net/mail"

// SendGrid sends mails through Twilio SendGrid
// (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send) with an API key.
// Tracking, which would rewrite the links, is switched off.
func SendGrid(key string) *Service {
	return &Service{
		Name:   "SendGrid",
		URL:    "https://api.sendgrid.com/v3/mail/send",
		Header: bearer(key),
		Body: func(m Message) (any, error) {
			from, err := mail.ParseAddress(m.From)
			if err != nil {
				return nil, err
			}
			sender := map[string]string{"email": from.Address}
			if from.Name != "" {
				sender["name"] = from.Name
			}
			content := []map[string]string{{"type": "text/plain", "value": m.Text}} // must be the first
			if m.HTML != "" {
				content = append(content, map[string]string{"type": "text/html", "value": m.HTML})
			}
			return map[string]any{
				"personalizations": []any{map[string]any{"to": []any{map[string]string{"email": m.To}}}},
				"from":             sender,
				"subject":          m.Subject,
				"content":          content,
				"tracking_settings": map[string]any{
					"click_tracking": map[string]bool{"enable": false, "enable_text": false},
					"open_tracking":  map[string]bool{"enable": false},
				},
			}, nil
		},
		Err: required("key", key),
	}
}
