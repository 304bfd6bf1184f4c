package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// DeletionStore is what an Adapter also needs for [Options].DeleteAfter; gormadapter and memadapter
// are one. A deletion that waits is a verification token.
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
	pathKeep     = "account/keep"

	// deletionKept is how long a deletion is remembered that is due and that nobody has made. The
	// token expires then: expired ones are purged.
	deletionKept = 10 * 365 * 24 * time.Hour
)

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
	var ok bool
	if d.waiting, ok = feature.StoreOf[DeletionStore](d.host.Adapter()); !ok {
		return fmt.Errorf("Options.DeleteAfter needs an Adapter that is an account.DeletionStore, have %T",
			d.host.Adapter())
	}
	d.host.Tokens(kindDeletion)
	revoke := func(ctx context.Context, userID string, _ time.Time) error { return d.end(ctx, userID) }
	d.host.Rows(feature.Rows{Delete: d.end, Revoke: revoke})
	d.host.Handle(d.rule(pathKeep, false), d.keep)
	return nil
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

// section offers the deletion, or to take it back.
func (d deletions) section(ctx context.Context) (feature.Page, error) {
	due, err := d.due(ctx, cardea.SessionFrom(ctx).UserID)
	if err != nil || due.IsZero() {
		return d.offer(ctx, err)
	}
	t := language.Of(ctx)
	return feature.Page{
		Title: t.Text("delete.heading"), Text: []string{t.Text("delete.waits", "date", t.Day(due.UTC()))},
		Forms: []feature.Form{{Path: pathKeep, Button: t.Text("delete.keep")}},
	}, nil
}

func (d deletions) offer(ctx context.Context, err error) (feature.Page, error) {
	if err != nil {
		return feature.Page{}, err
	}
	p, err := d.offerDelete(ctx)
	if wait := d.options.DeleteAfter; wait > 0 {
		days := int((wait + 24*time.Hour - 1) / (24 * time.Hour))
		p.Text = []string{language.Of(ctx).Text("delete.later", "days", fmt.Sprint(days))}
	}
	return p, err
}

// ask stores that an account will be deleted. All other sessions and all links of the user end. If
// it waits already, it is not put off.
func (d deletions) ask(ctx context.Context, u *cardea.User) error {
	at := d.host.Now().Add(d.options.DeleteAfter)
	isNew := false
	err := d.host.EndSessions(ctx, u.ID, func(ctx context.Context) error {
		waits, err := d.due(ctx, u.ID)
		if isNew = waits.IsZero(); err != nil || !isNew {
			return err
		}
		return d.tokens().CreateVerificationToken(ctx, d.row(u.ID, at))
	})
	if err != nil {
		return err
	}
	if isNew {
		if err := d.tell(ctx, u, Mail{Kind: MailDeletion, At: at}); err != nil {
			return err
		}
	}
	return d.host.Redirect(ctx, d.host.URL(ctx, "account")+"#"+SectionDelete)
}

// keep takes a deletion back.
func (d deletions) keep(_ http.ResponseWriter, r *http.Request) error {
	ctx, u := r.Context(), cardea.SessionFrom(r.Context()).User
	n := 0
	err := d.host.Transact(ctx, func(ctx context.Context) (err error) {
		if err = d.host.Adapter().LockUser(ctx, u.ID); err != nil {
			return err
		}
		n, err = d.tokens().DeleteVerificationTokens(ctx, d.row(u.ID, time.Time{}).Identifier)
		return err
	})
	if err != nil {
		return err
	}
	if n > 0 {
		if err := d.tell(ctx, u, Mail{Kind: MailKept}); err != nil {
			return err
		}
	}
	return d.back(r, SectionDelete)
}

// tell sends a mail to the user after the answer, if the page has a sender.
func (d deletions) tell(ctx context.Context, u *cardea.User, m Mail) error {
	if d.options.Sender == nil || u.Email == "" {
		return nil
	}
	to := *u
	return d.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		m.To, m.User, m.URL = to.Email, &to, d.host.URL(ctx, "account")
		return addresses(d).send(ctx, m)
	})
}

// PurgeDeleted deletes the users whose deletion was asked for [Options].DeleteAfter ago and not
// taken back, each as [cardea.Auth.DeleteUser] does, and returns how many. A user who cannot be
// deleted, because of a row of the application for example, keeps no other one: the error joins
// those of all such users. It stops if ctx ends. It may run concurrently. Without DeleteAfter it
// does nothing. Call it once a day, for example.
func (f *Feature) PurgeDeleted(ctx context.Context) (int, error) {
	if f.options.DeleteAfter == 0 {
		return 0, nil
	}
	d, prefix, n := deletions{f}, kindDeletion+":"+keptFor(""), 0
	until := f.host.Now().Add(deletionKept)
	list, err := f.waiting.VerificationTokensBefore(ctx, prefix, until)
	faults := []error{err}
	for _, waiting := range list {
		if ctx.Err() != nil {
			faults = append(faults, ctx.Err())
			break
		}
		deleted, err := d.purge(ctx, strings.TrimPrefix(waiting.Identifier, prefix), until)
		if deleted {
			n++
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return n, fmt.Errorf("account: purge deleted accounts: %w", err)
	}
	return n, nil
}

// purge deletes a user if the deletion still waits, and is due.
func (d deletions) purge(ctx context.Context, userID string, until time.Time) (deleted bool, err error) {
	err = d.host.Adapter().Transact(ctx, func(ctx context.Context) error {
		deleted = false
		if err := d.host.Adapter().LockUser(ctx, userID); err != nil && !errors.Is(err, cardea.ErrNotFound) {
			return err
		}
		want := d.row(userID, until)
		row, err := d.tokens().ConsumeVerificationToken(ctx, want.Identifier, want.Token)
		switch {
		case errors.Is(err, cardea.ErrNotFound): // taken back, or purged by another process
			return nil
		case err != nil:
			return err
		case !row.Expires.Before(until): // asked for again meanwhile
			return errRead
		}
		deleted = true
		return d.host.Auth().DeleteUser(ctx, userID)
	})
	if errors.Is(err, errRead) {
		return false, nil
	}
	return deleted && err == nil, err
}
