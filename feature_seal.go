package cardea

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Sealer returns what encrypts texts that the feature keeps in the store, such as the secret of a
// second factor: a copy of the store then has nothing that can be used. About says what a text
// belongs to, such as the id of the user and that of the row. It must be the same to open the text,
// so that a row that somebody has copied to another user is useless.
//
// A text can be opened as long as the secret with which it was sealed is [Config.Secret] or one of
// [Config.PreviousSecrets].
func (h *Host) Sealer(about ...string) feature.Sealer {
	return hostSealer{h.auth.sealer, fmt.Sprintf("stored by %q about %q", h.id, about)}
}

// hostSealer seals the texts of one feature about one thing.
type hostSealer struct {
	sealer  *seal.Sealer
	purpose string
}

const claimText = "t"

func (s hostSealer) Seal(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("the text to seal is not UTF-8")
	}
	return s.sealer.Short(s.purpose, map[string]any{claimText: text})
}

func (s hostSealer) Open(sealed string) (text string, err error) {
	claims, err := s.sealer.OpenShort(s.purpose, sealed)
	if err != nil {
		return "", errors.New("the text was sealed with another secret, by another feature or about something else")
	}
	text, _ = claims[claimText].(string)
	return text, nil
}

func (s hostSealer) Stale(sealed string) bool { return s.sealer.StaleShort(s.purpose, sealed) }
