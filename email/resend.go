package email

// Resend sends mails through Resend (https://resend.com/docs/api-reference/emails/send-email) with
// an API key. Switch click tracking off in the settings of the domain there: it rewrites the links.
func Resend(key string) *Service {
	return &Service{
		Name:   "Resend",
		URL:    "https://api.resend.com/emails",
		Header: bearer(key),
		Body: func(m Message) (any, error) {
			return map[string]any{
				"from": m.From, "to": []string{m.To}, "subject": m.Subject, "text": m.Text, "html": m.HTML,
			}, nil
		},
		Err: required("key", key),
	}
}
