package cardea

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
)

// providerEntry is one provider in GET providers.
type providerEntry struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Type        ProviderType `json:"type"`
	SigninURL   string       `json:"signinUrl"`
	CallbackURL string       `json:"callbackUrl"`
}

// providerList is a JSON object whose members keep their order.
type providerList []providerEntry

// MarshalJSON writes one member for each provider, named by its id.
func (l providerList) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, p := range l {
		if i > 0 {
			text = append(text, ',')
		}
		value, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		text = append(strconv.AppendQuote(text, p.ID), ':') // an id has no character that JSON escapes
		text = append(text, value...)
	}
	return append(text, '}'), nil
}

// getProviders answers with the providers by id, in the order of the configuration.
func getProviders(e *exchange) error {
	list := providerList{}
	for _, m := range e.auth.methods {
		p := m.info()
		list = append(list, providerEntry{
			ID: p.id, Name: p.name, Type: cmp.Or(e.auth.protocol.types[p.kind], p.kind),
			SigninURL: e.endpoint("/signin/" + p.id), CallbackURL: e.callbackEndpoint(p.id),
		})
	}
	e.json(http.StatusOK, list)
	return nil
}
