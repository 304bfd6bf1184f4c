package feature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cardea-auth/cardea/internal/redact"
	"github.com/cardea-auth/cardea/oauth"
)

// FieldLink is the name of the hidden input that binds a form to a link; see [OpenedLink.Mark].
const FieldLink = "link"

// OpenedLink is a link of a mail that a browser has opened. An endpoint keeps it in a cookie, so
// that the token leaves the URL before a page is shown.
//
// Any other site can make the browser open another link, which takes the place of the one in the
// cookie. So a page says whose link it is and has [OpenedLink.Hidden] in its form, and the endpoint
// refuses a form for which [OpenedLink.Marks] is false with CodeVerification.
type OpenedLink struct {
	Kind  string // of the token; see cardea.Host.NewToken
	Token string `json:"-"` // a secret, which is not printed
}

// Format implements [fmt.Formatter]. It writes no token.
func (l OpenedLink) Format(s fmt.State, _ rune) { redact.Format(s, l) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (l OpenedLink) LogValue() slog.Value { return redact.Value(l) }

// maxKind is how many characters the kind of a link has at most.
const maxKind = 32

// ErrLongLink says that a link is too long for a cookie. Anybody can make up such a URL, so the
// answer is CodeVerification.
var ErrLongLink = errors.New("the link is too long")

// LinkIn returns the link in a cookie, which is the one that the browser has opened last, or the
// zero OpenedLink.
func LinkIn(c Cookie) OpenedLink {
	values := c.Values()
	return OpenedLink{values.String("kind"), values.String("token")}
}

// Keep keeps the link in a cookie for at most maxAge, in the place of another one. It returns
// [ErrLongLink] for a kind of over 32 characters or a token of over [MaxToken], and otherwise the
// error of the cookie.
func (l OpenedLink) Keep(c Cookie, maxAge time.Duration) error {
	if len(l.Kind) > maxKind || len(l.Token) > MaxToken {
		return ErrLongLink
	}
	return c.Set(maxAge, oauth.Claims{"kind": l.Kind, "token": l.Token})
}

// Mark returns a short hash of the link, of 22 characters of base64url. It is no secret: nobody can
// use or find the link with it.
func (l OpenedLink) Mark() string {
	sum := sha256.Sum256([]byte(l.Kind + "\x00" + l.Token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Hidden returns the hidden input that binds a form to the link, for [Form.Hidden].
func (l OpenedLink) Hidden() map[string]string { return map[string]string{FieldLink: l.Mark()} }

// Marks reports whether a form, as cardea.Host.Form returns it, is of a page of this link. It takes
// the same time for every mark of the same length.
func (l OpenedLink) Marks(form map[string]string) bool {
	return subtle.ConstantTimeCompare([]byte(form[FieldLink]), []byte(l.Mark())) == 1
}
