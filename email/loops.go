package email

// Loops sends mails through Loops (https://loops.so/docs/api-reference/send-transactional-email)
// with an API key and the ID of a transactional email there. That template has the sender, the
// subject and the body, so those of the [Message] are not used. Its data variables url and code are
// the link and the code.
func Loops(key, transactionalID string) *Service {
	return &Service{
		Name:   "Loops",
		URL:    "https://app.loops.so/api/v1/transactional",
		Header: bearer(key),
		Body: func(m Message) (any, error) {
			return map[string]any{
				"email": m.To, "transactionalId": transactionalID, "addToAudience": false,
				"dataVariables": map[string]string{"url": m.Link, "code": m.Code},
			}, nil
		},
		Err: required("key", key, "transactional id", transactionalID),
	}
}
