package email

// Loops sends through Loops (https://loops.so/docs/api-reference/send-transactional-email) with an
// API key. The mail is a template of yours there, with the data variables url and code: sender,
// subject and bodies are the template's.
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
		Err: need("key", key, "transactional id", transactionalID),
	}
}
