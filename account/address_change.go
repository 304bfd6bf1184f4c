package account

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// The values of tokens.
const (
	valueOld   = "old"   // the address that the user had
	valueNew   = "new"   // the address that the user wants
	valueUser  = "user"  // the id of the user
	valueSince = "since" // when the change was asked for or made, in milliseconds

	valueProven = "proven" // when the user had proven the old address, in milliseconds
	valueKeys   = "keys"   // the ways in that the user had then; see addresses.keys
)

// cookieLink keeps the token of a link, so that it leaves the URL before a page is shown.
const cookieLink = "address"

// link is a link of a mail that was opened.
type link struct {
	feature.OpenedLink
	userID string
	values oauth.Claims
}

func (l link) value(name string) string { return l.values.String(name) }

// milliseconds returns a value that is a time, as newUndo has written it.
func (l link) milliseconds(name string) int64 {
	n, _ := strconv.ParseInt(l.value(name), 10, 64)
	return n
}

// open leads to the page of a link. It uses no token, because programs that scan mails open links.
func (a addresses) open(_ http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	page, lifetime := pathConfirm, changeLifetime
	if query.Get("kind") == kindUndo {
		page = pathUndo
	}
	l := feature.OpenedLink{Kind: query.Get("kind"), Token: query.Get("token")}
	if err := l.Keep(a.host.Cookie(ctx, cookieLink), lifetime); errors.Is(err, feature.ErrLongLink) {
		return outdated(err.Error())
	} else if err != nil {
		return err
	}
	return a.host.Redirect(ctx, a.host.URL(ctx, page))
}

// opened returns the link of a kind that the browser has opened.
func (a addresses) opened(ctx context.Context, kind string) (l link, err error) {
	l.OpenedLink = feature.LinkIn(a.host.Cookie(ctx, cookieLink))
	if l.Kind != kind {
		return l, outdated("the browser has opened no link of this kind")
	}
	l.userID, l.values, err = a.host.Token(ctx, kind, l.Token)
	return l, err
}

// errOtherPage says that a form is of a page of another link than the one that the browser has
// opened last. The visitor has read that page, and not about this link.
var errOtherPage = outdated("the form is of a page of another link")

// outdated is the error for a link that does not count.
func outdated(cause string) error {
	return &cardea.Error{Code: cardea.CodeVerification, Err: errors.New(cause)}
}

// showConfirm asks whether to change the address. It answers only whoever is signed in as the user
// who has asked for the change.
func (a addresses) showConfirm(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := a.ownLink(ctx)
	if err != nil {
		return err
	}
	t := language.Of(ctx)
	return a.host.Page(ctx, feature.Page{
		Title: t.Text("address.button"), Text: []string{t.Text("address.confirm", "address", l.value(valueNew))},
		Forms: []feature.Form{{Path: pathConfirm, Button: t.Text("address.button"), Hidden: l.Hidden()}},
	})
}

func (a addresses) ownLink(ctx context.Context) (link, error) {
	l, err := a.opened(ctx, kindChange)
	if err == nil && l.userID != cardea.SessionFrom(ctx).UserID {
		err = outdated("the link is for another user than the one who is signed in")
	}
	return l, err
}

// confirm changes the address, in the transaction in which the link is used, if the user still has
// the old one. All other sessions and links of the user end, those that were mailed to the old
// address too, and the old address gets a link to undo it.
func (a addresses) confirm(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := a.ownLink(ctx)
	if err != nil {
		return err
	}
	if !l.Marks(a.host.Form(ctx)) {
		return errOtherPage
	}
	err = a.host.EndSessions(ctx, l.userID, func(ctx context.Context) error {
		if _, _, err := a.host.UseToken(ctx, l.Kind, l.Token); err != nil {
			return err
		}
		u, err := a.host.Adapter().UserByID(ctx, l.userID)
		if err != nil {
			return err
		}
		if u.Email != l.value(valueOld) {
			return outdated("the address is another one since the mail")
		}
		old, token := *u, ""
		if old.Email != "" && !old.EmailVerified.IsZero() {
			if token, err = a.newUndo(ctx, u, undoLifetime); err != nil {
				return err
			}
		}
		if err := a.move(ctx, u, l.value(valueNew)); err != nil {
			return err
		}
		return a.tellBoth(ctx, old, l.value(valueNew), token)
	})
	if errors.Is(err, cardea.ErrConflict) {
		return a.refuse(ctx, SectionAddress, CodeAddressTaken, a.page(ctx))
	} else if err != nil {
		return err
	}
	a.host.Cookie(ctx, cookieLink).Clear()
	return a.back(ctx, SectionAddress, SuccessAddressChanged)
}

// errTaken says that another user has the address.
var errTaken = &cardea.Error{Code: cardea.CodeVerification, Err: cardea.ErrConflict}

// move gives a user another address, which the person has proven, or none, and ends what was mailed
// to the one before.
func (a addresses) move(ctx context.Context, u *cardea.User, address string) error {
	before := u.Email
	u.Email, u.EmailVerified = address, a.host.Now()
	if address == "" {
		u.EmailVerified = time.Time{}
	}
	err := a.host.Adapter().UpdateUser(ctx, u)
	if errors.Is(err, cardea.ErrConflict) {
		return errTaken
	}
	if err != nil || before == address || emailaddr.Clean(before) == "" {
		return err // also if an application stored what is the identifier of another token
	}
	tokens, _ := feature.StoreOf[cardea.TokenStore](a.host.Adapter())
	_, err = tokens.DeleteVerificationTokens(ctx, before)
	return err
}

// tellBoth tells both addresses, after the answer, that the address was changed. Ctx carries the
// transaction of the change.
func (a addresses) tellBoth(ctx context.Context, u cardea.User, address, token string) error {
	if token != "" {
		err := a.host.SendMail(ctx, u.Email, func(ctx context.Context) error {
			return a.send(ctx, Mail{Kind: MailChanged, To: u.Email, URL: a.link(ctx, kindUndo, token), User: &u})
		})
		if err != nil {
			return err
		}
	}
	return a.host.SendMail(ctx, address, func(ctx context.Context) error {
		return a.send(ctx, Mail{Kind: MailNew, To: address, URL: a.host.URL(ctx, "account"), User: &u})
	})
}
