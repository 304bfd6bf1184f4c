package email

// ForwardEmail sends mails through Forward Email (https://forwardemail.net/en/email-api) with an
// API token.
func ForwardEmail(token string) *Service {
	return &Service{
		Name:   "Forward Email",
		URL:    "https://api.forwardemail.net/v1/emails",
		Header: basic(token, ""),
		Body: func(m Message) (any, error) {
			return map[string]any{"from": m.From, "to": m.To, "subject": m.Subject, "text": m.Text, "html": m.HTML}, nil
		},
		Err: required("token", token),
	}
}
