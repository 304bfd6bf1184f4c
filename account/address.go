package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// The kinds of tokens.
const (
	kindChange = "address-change" // for the new address
	kindUndo   = "address-undo"   // for the old address
)

const (
	changeLifetime = 24 * time.Hour
	undoLifetime   = 7 * 24 * time.Hour // after the change
)

const (
	pathAddress = "account/address"
	pathOpen    = "account/address/open"    // where the links lead
	pathConfirm = "account/address/confirm" // the page of the link to the new address
	pathUndo    = "account/address/undo"    // the page of the link to the old address
)

// addresses is the change of the address. It is pending until the new address is proven.
type addresses struct{ *Feature }

// handle adds the tokens and the endpoints beside the form of the section.
func (a addresses) handle() error {
	if err := a.needList("Options.Sender"); err != nil {
		return err
	}
	a.host.Tokens(kindChange, kindUndo)
	a.host.Rows(feature.Rows{
		Delete: a.endAllUndo,
		Revoke: func(ctx context.Context, userID string, since time.Time) error {
			if since.IsZero() {
				return a.endAllUndo(ctx, userID)
			}
			return nil // takeBack ends them
		},
	})
	get := feature.Rule{
		Method: http.MethodGet, Path: pathOpen, Sender: feature.SenderAnybody, Visitor: feature.VisitorAnybody,
	}
	a.host.Handle(get, a.open)
	get.Path = pathUndo
	a.host.Handle(get, a.showUndo)
	get.Path, get.Visitor = pathConfirm, feature.VisitorSignedIn
	a.host.Handle(get, a.showConfirm)
	a.host.Handle(a.rule(pathConfirm, false), a.confirm)
	undo := a.rule(pathUndo, false)
	undo.Visitor = feature.VisitorAnybody
	a.host.Handle(undo, a.undo)
	return nil
}

// section shows the form.
func (a addresses) section(ctx context.Context) (feature.Page, error) { return a.page(ctx), nil }

func (addresses) page(ctx context.Context) feature.Page {
	t := language.Of(ctx)
	return feature.Page{
		Title: t.Text("address.heading"), Text: []string{t.Text("address.text")},
		Forms: []feature.Form{{Path: pathAddress, Button: t.Text("address.button"), Fields: []feature.Field{
			{Name: "email", Label: t.Text("address.new"), Type: "email", Autocomplete: "email", Required: true},
		}}},
	}
}

// maxAsked is how often a user may ask for a change: each time the old address gets a mail.
var maxAsked = ratelimit.Rate{Count: 5, Within: time.Hour}

// ask answers the form. The answer is the same whether somebody has the new address.
func (a addresses) ask(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	address, err := email.Normalize(a.host.Form(ctx)["email"])
	if err != nil {
		return a.refuse(ctx, SectionAddress, CodeAddressInvalid, a.page(ctx))
	}
	var u *cardea.User
	err = a.host.Transact(ctx, func(ctx context.Context) (err error) {
		u, err = a.host.Adapter().UserByID(ctx, cardea.SessionFrom(ctx).UserID)
		return err
	})
	if err != nil {
		return err
	}
	if address == u.Email && !u.EmailVerified.IsZero() { // otherwise the user wants to prove it
		return a.refuse(ctx, SectionAddress, CodeAddressSame, a.page(ctx))
	}
	if err := a.host.Limit("address", maxAsked).Take(ctx, u.ID); err != nil {
		return err
	}
	if err := a.host.TakeMail(ctx, address); err != nil {
		return err
	}
	err = a.host.SendMail(ctx, address, func(ctx context.Context) error { return a.mail(ctx, u, address) })
	if err != nil {
		return err
	}
	return a.host.Redirect(ctx, a.host.URL(ctx, "verify-request")+"?success="+SuccessAddressMailed)
}

// mail tells the old address, and then sends the link to the new one. So no address changes before
// the old one has a link to undo it. U is the user of the request, who may have another address by
// now: then there is no mail.
func (a addresses) mail(ctx context.Context, u *cardea.User, address string) error {
	if err := a.warn(ctx, u); err != nil {
		return err
	}
	other, err := a.host.Adapter().UserByEmail(ctx, address)
	switch {
	case err == nil && other.ID == u.ID:
	case err == nil:
		return a.send(ctx, Mail{Kind: MailTaken, To: other.Email, URL: a.host.URL(ctx, "signin"), User: other})
	case errors.Is(err, cardea.ErrUserDeleted):
		return nil
	case !errors.Is(err, cardea.ErrNotFound):
		return err
	}
	token, err := a.newLink(ctx, u, func(ctx context.Context) (string, error) {
		if err := a.host.EndTokens(ctx, u.ID, kindChange); err != nil {
			return "", err
		}
		return a.host.NewToken(ctx, kindChange, u.ID, changeLifetime,
			oauth.Claims{valueOld: u.Email, valueNew: address})
	})
	if err != nil || token == "" {
		return err
	}
	return a.send(ctx, Mail{Kind: MailConfirm, To: address, URL: a.link(ctx, kindChange, token), User: u})
}

// warn tells the old address that somebody wants to change it. An address that was never proven may
// be that of a stranger, who must not get a link with which to take the account.
func (a addresses) warn(ctx context.Context, u *cardea.User) error {
	if u.Email == "" || u.EmailVerified.IsZero() {
		return nil
	}
	token, err := a.newLink(ctx, u, func(ctx context.Context) (string, error) {
		return a.newUndo(ctx, u, changeLifetime+undoLifetime)
	})
	if err != nil || token == "" {
		return err
	}
	return a.send(ctx, Mail{Kind: MailAsked, To: u.Email, URL: a.link(ctx, kindUndo, token), User: u})
}

// newLink returns the token that is made in a transaction in which the user is locked, and "" if
// the user has another address than in the request, has proven it anew, or is gone: mails may wait,
// and the owner may have taken the account back from whoever has asked.
func (a addresses) newLink(
	ctx context.Context, u *cardea.User, newToken func(ctx context.Context) (string, error),
) (token string, err error) {
	err = a.host.Adapter().Transact(ctx, func(ctx context.Context) error {
		token = ""
		if err := a.host.Adapter().LockUser(ctx, u.ID); err != nil {
			return err
		}
		now, err := a.host.Adapter().UserByID(ctx, u.ID)
		if err != nil || now.Email != u.Email || !now.EmailVerified.Equal(u.EmailVerified) {
			return err
		}
		token, err = newToken(ctx)
		return err
	})
	if errors.Is(err, cardea.ErrNotFound) || errors.Is(err, cardea.ErrUserDeleted) {
		return "", nil
	}
	return token, err
}

// link returns the URL of a link in a mail.
func (a addresses) link(ctx context.Context, kind, token string) string {
	return a.host.URL(ctx, pathOpen) + "?kind=" + kind + "&token=" + token
}
