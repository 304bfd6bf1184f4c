package email

// Resend sends through Resend (https://resend.com/docs/api-reference/emails/send-email) with an API
// key. Its click tracking is a setting of the domain and belongs switched off: it rewrites the
// links.
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
		Err: need("key", key),
	}
}
