package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/ratelimit"
)

// DeletionStore is what an Adapter also needs for [Options].DeleteAfter and [Options].Sender;
// gormadapter and memadapter are one. A deletion that waits is a verification token, and so is a
// link to undo a change of the address.
type DeletionStore interface {
	// VerificationTokensBefore returns all verification tokens whose identifier begins with prefix,
	// compared byte for byte, and that expire before a time, those first that expire first. It
	// changes none. If there are none, the list is empty and the error is nil. It may be called
	// concurrently.
	VerificationTokensBefore(ctx context.Context, prefix string, before time.Time) (
		[]*cardea.VerificationToken, error)
}

const (
	kindDeletion = "account-deletion"
	pathDelete   = "account/delete"
	pathKeep     = "account/keep"

	// deletionKept is how long a deletion is remembered that is due and that nobody has made. The
	// token expires then: expired ones are purged.
	deletionKept = 10 * 365 * 24 * time.Hour
)

// maxDeletionMails is how often a user may ask for a deletion, if each time there is a mail.
var maxDeletionMails = ratelimit.Rate{Count: 5, Within: time.Hour}

// deletions are deletions of accounts that can be taken back for a while.
type deletions struct{ *Feature }

// install finds the stores, and adds the endpoint that takes a deletion back. A deletion ends with
// the user, and when the account is taken back from a stranger.
func (d deletions) install() error {
	switch wait := d.options.DeleteAfter; {
	case wait == 0:
		return nil
	case wait < time.Minute:
		return fmt.Errorf("Options.DeleteAfter: want 0 or a minute or more, have %v", wait)
	}
	if err := d.needList("Options.DeleteAfter"); err != nil {
		return err
	}
	if d.options.Sender == nil {
		d.host.Log().Warn("cardea: a setting will probably not work", "setting", "account.Options.DeleteAfter",
			"cause", "there is no Options.Sender, so nobody hears of a deletion that a stranger has asked for, "+
				"and the owner of the account does not take it back")
	}
	d.host.Tokens(kindDeletion)
	revoke := func(ctx context.Context, userID string, _ time.Time) error { return d.end(ctx, userID) }
	d.host.Rows(feature.Rows{Delete: d.end, Revoke: revoke})
	d.host.Handle(d.rule(pathKeep, false), d.keep)
	return nil
}

// needList finds the store that lists tokens, which a field needs.
func (f *Feature) needList(field string) (err error) {
	var ok bool
	if f.list, ok = feature.StoreOf[DeletionStore](f.host.Adapter()); !ok {
		err = fmt.Errorf("%s needs an Adapter that is an account.DeletionStore, have %T", field, f.host.Adapter())
	}
	return err
}

// end ends the deletion of a user that waits. Ctx may carry a transaction.
func (d deletions) end(ctx context.Context, userID string) error {
	return d.host.EndTokens(ctx, keptFor(userID), kindDeletion)
}

// row is the token of a deletion that is due at a time. Like the links that undo a change of the
// address, it does not end with the other tokens of the user.
func (d deletions) row(userID string, due time.Time) *cardea.VerificationToken {
	sum := sha256.Sum256([]byte(kindDeletion + "\x00" + userID))
	return &cardea.VerificationToken{
		Identifier: kindDeletion + ":" + keptFor(userID), Token: hex.EncodeToString(sum[:]),
		Expires: due.Add(deletionKept),
	}
}

func (d deletions) tokens() cardea.TokenStore {
	tokens, _ := feature.StoreOf[cardea.TokenStore](d.host.Adapter()) // Host.Tokens has found one
	return tokens
}

// errRead undoes a transaction that only reads.
var errRead = errors.New("only read")

// due returns when the account of a user will be deleted, and the zero time if it will not.
func (d deletions) due(ctx context.Context, userID string) (due time.Time, err error) {
	if d.options.DeleteAfter == 0 {
		return due, nil
	}
	// A TokenStore can only read what it removes.
	err = d.host.Adapter().Transact(ctx, func(ctx context.Context) error {
		want := d.row(userID, due)
		row, err := d.tokens().ConsumeVerificationToken(ctx, want.Identifier, want.Token)
		if err == nil {
			due, err = row.Expires.Add(-deletionKept), errRead
		}
		return err
	})
	switch {
	case errors.Is(err, errRead):
		return due, nil
	case errors.Is(err, cardea.ErrNotFound):
		return time.Time{}, nil
	}
	return time.Time{}, d.host.StoreError("read the deletion", err)
}

// section offers the deletion. If one waits, it says so and offers to take it back.
func (d deletions) section(ctx context.Context) (feature.Page, error) {
	u := cardea.SessionFrom(ctx).User
	due, err := d.due(ctx, u.ID)
	if err != nil || due.IsZero() {
		return d.offer(ctx, err)
	}
	t := language.Of(ctx)
	p := feature.Page{
		Title: t.Text("delete.heading"), Text: []string{t.Text("delete.waits", "date", t.Time(due.UTC()))},
		Forms: []feature.Form{{Path: pathKeep, Button: t.Text("delete.keep")}},
	}
	if d.mails(u) {
		p.Forms = append(p.Forms, feature.Form{
			Path: pathDelete, Button: t.Text("delete.again"), Hidden: map[string]string{"confirm": confirmation(t, u)},
		})
	}
	return p, nil
}

func (d deletions) offer(ctx context.Context, err error) (feature.Page, error) {
	if err != nil {
		return feature.Page{}, err
	}
	p, err := d.offerDelete(ctx)
	if wait := d.options.DeleteAfter; wait > 0 {
		t := language.Of(ctx)
		p.Text = []string{t.Text("delete.later", "time", inWords(t, wait))}
	}
	return p, err
}

// inWords returns how long a deletion waits, rounded up.
func inWords(t *language.Texts, d time.Duration) string {
	const day = 24 * time.Hour
	unit, key := time.Minute, "time.minute"
	switch {
	case d%day == 0 || d > 2*day:
		unit, key = day, "time.day"
	case d%time.Hour == 0 || d > 2*time.Hour:
		unit, key = time.Hour, "time.hour"
	}
	return t.Count(key, int((d+unit-1)/unit))
}

// ask answers whoever wants to delete the account: the deletion waits. All other sessions and all
// links of the user end.
func (d deletions) ask(ctx context.Context, u *cardea.User) error {
	if d.mails(u) {
		if err := d.host.Limit("deletion", maxDeletionMails).Take(ctx, u.ID); err != nil {
			return err
		}
	}
	_, err := d.begin(ctx, u, language.Of(ctx), func(ctx context.Context, write func(context.Context) error) error {
		return d.host.EndSessions(ctx, u.ID, write)
	})
	if errors.Is(err, errUnsent) {
		p, err := d.section(ctx)
		if err != nil {
			return err
		}
		return d.refuse(ctx, SectionDelete, CodeUnsent, p)
	} else if err != nil {
		return err
	}
	return d.back(ctx, SectionDelete, SuccessDeletionAsked)
}

// begin lets the deletion of a user wait, and returns when it is due. One that waits already is not
// put off. The mail about it is handed over before, so that none waits of which the user does not
// hear; its language is t, or the first one of the site if t is nil. Transact runs a transaction
// that locks the user.
func (d deletions) begin(
	ctx context.Context, u *cardea.User, t *language.Texts,
	transact func(ctx context.Context, write func(context.Context) error) error,
) (time.Time, error) {
	due, err := d.due(ctx, u.ID)
	if err != nil {
		return due, err
	}
	if due.IsZero() {
		due = d.host.Now().Add(d.options.DeleteAfter)
	}
	if err := d.deliver(ctx, u, Mail{Kind: MailDeletion, At: due}, t); err != nil {
		return due, err
	}
	at := due
	return at, transact(ctx, func(ctx context.Context) error {
		waits, err := d.due(ctx, u.ID)
		if at = due; err != nil {
			return err
		} else if !waits.IsZero() {
			at = waits
			return nil
		}
		return d.tokens().CreateVerificationToken(ctx, d.row(u.ID, due))
	})
}

// keep answers whoever takes a deletion back.
func (d deletions) keep(_ http.ResponseWriter, r *http.Request) error {
	ctx, u := r.Context(), cardea.SessionFrom(r.Context()).User
	_, err := d.cancel(ctx, u.ID, func(ctx context.Context) error { return d.tell(ctx, u, MailKept) })
	if err != nil {
		return err
	}
	return d.back(ctx, SectionDelete, SuccessKept)
}

// cancel takes a deletion back, and reports whether one waited. If so, tell is called in the
// transaction; it may be nil.
func (d deletions) cancel(
	ctx context.Context, userID string, tell func(ctx context.Context) error,
) (waited bool, err error) {
	err = d.host.Transact(ctx, func(ctx context.Context) error {
		if err := d.host.Adapter().LockUser(ctx, userID); err != nil {
			return err
		}
		n, err := d.tokens().DeleteVerificationTokens(ctx, d.row(userID, time.Time{}).Identifier)
		if waited = n > 0; err != nil || !waited || tell == nil {
			return err
		}
		return tell(ctx)
	})
	return waited && err == nil, err
}
