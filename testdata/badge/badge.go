// Package badge is sign-in with a signed badge, such as a QR code that somebody holds in front of
// the camera of a terminal. A person who is signed in gets a badge on their account page. It is
// valid for five minutes, and once.
//
// It is an example of a feature in a module of its own: it imports package cardea as any program
// does.
package badge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// Store is what an adapter needs in addition for badges.
type Store interface {
	// CreateBadge adds a badge of a user.
	CreateBadge(ctx context.Context, userID, id string) error

	// UseBadge deletes a badge, in one atomic step. If there is none, the error is
	// cardea.ErrNotFound.
	UseBadge(ctx context.Context, userID, id string) error

	// DeleteBadges deletes the badges of a user.
	DeleteBadges(ctx context.Context, userID string) error
}

const maxAge = 5 * time.Minute

// Feature is sign-in with a badge.
type Feature struct {
	key   []byte
	host  *cardea.Host
	store Store
}

// New returns the feature. Key signs the badges; it has at least 32 bytes.
func New(key []byte) *Feature { return &Feature{key: key} }

// FeatureID returns "badge".
func (f *Feature) FeatureID() string { return "badge" }

// Install adds the endpoint that issues a badge, the way to sign in with one, a section of the
// account page, and the rows.
func (f *Feature) Install(h *cardea.Host) error {
	var ok bool
	if f.store, ok = feature.StoreOf[Store](h.Adapter()); !ok {
		return errors.New("needs an Adapter that is a badge.Store")
	}
	if len(f.key) < 32 {
		return errors.New("want a key of 32 bytes or more")
	}
	f.host = h
	h.Handle(feature.Rule{
		Method: http.MethodPost, Path: "badge/issue",
		Sender: feature.SenderOwnPage, Visitor: feature.VisitorSignedIn,
		Fresh: 15 * time.Minute, Limit: 10, Within: time.Minute,
	}, f.issue)
	h.Offer(feature.Way{
		ID: "badge", Name: "a badge",
		Fields: []feature.Field{{Name: "badge", Label: "Badge", Required: true}},
		Finish: f.use,
	})
	h.Section(feature.Section{ID: "badge", Content: f.section})
	h.Rows(feature.Rows{Delete: f.store.DeleteBadges})
	return nil
}

// section offers a badge on the account page.
func (f *Feature) section(context.Context) (feature.Page, error) {
	return feature.Page{
		Title: "Badge", Text: []string{"A badge signs you in at a terminal."},
		Forms: []feature.Form{{Path: "badge/issue", Button: "Show a badge"}},
	}, nil
}

// issue shows a new badge.
func (f *Feature) issue(_ http.ResponseWriter, r *http.Request) error {
	user, id := cardea.SessionFrom(r.Context()).UserID, rand.Text()
	if err := f.store.CreateBadge(r.Context(), user, id); err != nil {
		return f.host.StoreError("store the badge", err)
	}
	content := strings.Join([]string{user, id, strconv.FormatInt(f.host.Now().Add(maxAge).Unix(), 10)}, " ")
	badge := base64.RawURLEncoding.EncodeToString(append(f.sign(content), content...))
	return f.host.Page(r.Context(), feature.Page{Title: "Your badge", Text: []string{badge}})
}

// use signs in with a badge.
func (f *Feature) use(_ http.ResponseWriter, r *http.Request) error {
	user, id, ok := f.read(f.host.Form(r.Context())["badge"])
	if !ok {
		return refuse("the badge is not one of this site, or it is too old")
	}
	err := f.store.UseBadge(r.Context(), user, id)
	if errors.Is(err, cardea.ErrNotFound) {
		return refuse("the badge was used already")
	} else if err != nil {
		return f.host.StoreError("use the badge", err)
	}
	return f.host.Complete(r.Context(), cardea.Proof{UserID: user, Methods: []string{"pop"}})
}

// read returns what a badge says, if it is genuine and has not expired.
func (f *Feature) read(badge string) (user, id string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(badge)
	if err != nil || len(raw) < sha256.Size || !hmac.Equal(raw[:sha256.Size], f.sign(string(raw[sha256.Size:]))) {
		return "", "", false
	}
	parts := strings.Split(string(raw[sha256.Size:]), " ")
	if len(parts) != 3 {
		return "", "", false
	}
	expires, err := strconv.ParseInt(parts[2], 10, 64)
	return parts[0], parts[1], err == nil && f.host.Now().Unix() < expires
}

func (f *Feature) sign(content string) []byte {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(content))
	return mac.Sum(nil)
}

func refuse(why string) error {
	return &cardea.Error{Code: cardea.CodeCredentialsSignIn, Err: errors.New(why)}
}
