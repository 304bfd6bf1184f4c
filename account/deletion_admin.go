package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
)

// Deletion returns when the account of a user will be deleted, in UTC: [Feature.PurgeDeleted]
// deletes it at the first call after that. It is the zero time if no deletion waits, for a user who
// does not exist too, and always without [Options].DeleteAfter. It is for account pages of your own
// and for administrators, and may be called concurrently.
func (f *Feature) Deletion(ctx context.Context, userID string) (time.Time, error) {
	due, err := deletions{f}.due(ctx, userID)
	if err != nil || due.IsZero() {
		return time.Time{}, wrap("read a deletion", err)
	}
	return due.UTC(), nil
}

// StartDeletion lets the deletion of a user wait for [Options].DeleteAfter, as if the user had
// asked for it, and returns when it is due, in UTC. The sessions of the user go on. One that waits
// already is not put off. With [Options].Sender the user gets the mail about it first, in the first
// language of the site; its link needs Config.BaseURL.
//
// If the mail cannot be handed over, there is an error, and no deletion waits that did not wait
// before. The error is [cardea.ErrNotFound] if there is no such user, and [errors.ErrUnsupported]
// without DeleteAfter. It may be called concurrently. Make sure that whoever asks for it may do so.
func (f *Feature) StartDeletion(ctx context.Context, userID string) (time.Time, error) {
	if f.options.DeleteAfter == 0 {
		return time.Time{}, wrap("start a deletion without Options.DeleteAfter", errors.ErrUnsupported)
	}
	d := deletions{f}
	u, err := d.host.Adapter().UserByID(ctx, userID)
	if err != nil {
		return time.Time{}, wrap("start a deletion", err)
	}
	due, err := d.begin(ctx, u, nil, func(ctx context.Context, write func(context.Context) error) error {
		return d.host.Adapter().Transact(ctx, func(ctx context.Context) error {
			if err := d.host.Adapter().LockUser(ctx, userID); err != nil {
				return err
			}
			return write(ctx)
		})
	})
	if err != nil {
		return time.Time{}, wrap("start a deletion", err)
	}
	return due.UTC(), nil
}

// CancelDeletion takes the deletion of a user back, as if the user had done so, and reports whether
// one waited. With [Options].Sender the user then gets a mail about it, whose failure is in the log
// alone. The error is [cardea.ErrNotFound] if there is no such user. Without [Options].DeleteAfter
// it does nothing. It may be called concurrently.
func (f *Feature) CancelDeletion(ctx context.Context, userID string) (waited bool, err error) {
	if f.options.DeleteAfter == 0 {
		return false, nil
	}
	d := deletions{f}
	u, err := d.host.Adapter().UserByID(ctx, userID)
	if err == nil {
		waited, err = d.cancel(ctx, userID, nil)
	}
	if err != nil {
		return false, wrap("cancel a deletion", err)
	}
	if waited {
		_ = d.deliver(ctx, u, Mail{Kind: MailKept}, nil) // the log says why not
	}
	return waited, nil
}

// PurgeDeleted deletes the users whose deletion was asked for [Options].DeleteAfter ago and not
// taken back, each as [cardea.Auth.DeleteUser] does, and returns how many. A user who cannot be
// deleted, because of a row of the application for example, keeps no other one: the error joins
// those of all such users. It stops if ctx ends. It may run concurrently. Without DeleteAfter it
// does nothing. Call it once a day, for example.
//
// With [Options].Sender each of these users gets a mail, at the address that the user had, before
// the next one is deleted. If it cannot be sent, the log says so, and nothing else changes.
func (f *Feature) PurgeDeleted(ctx context.Context) (int, error) {
	if f.options.DeleteAfter == 0 {
		return 0, nil
	}
	d, prefix, n := deletions{f}, kindDeletion+":"+keptFor(""), 0
	until := f.host.Now().Add(deletionKept)
	list, err := f.list.VerificationTokensBefore(ctx, prefix, until)
	faults := []error{err}
	for _, waiting := range list {
		if ctx.Err() != nil {
			faults = append(faults, ctx.Err())
			break
		}
		u, err := d.purge(ctx, strings.TrimPrefix(waiting.Identifier, prefix), until)
		if u != nil {
			n++
			_ = d.deliver(ctx, u, Mail{Kind: MailDeleted}, nil) // the log says why not
		}
		faults = append(faults, err)
	}
	return n, wrap("purge deleted accounts", errors.Join(faults...))
}

// purge deletes a user if the deletion still waits, and is due. It returns the user as before, and
// nil if nobody was deleted.
func (d deletions) purge(ctx context.Context, userID string, until time.Time) (u *cardea.User, err error) {
	err = d.host.Adapter().Transact(ctx, func(ctx context.Context) error {
		u = nil
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
		u, err = d.host.Adapter().UserByID(ctx, userID)
		if errors.Is(err, cardea.ErrNotFound) || errors.Is(err, cardea.ErrUserDeleted) {
			u = &cardea.User{ID: userID}
		} else if err != nil {
			return err
		}
		return d.host.Auth().DeleteUser(ctx, userID)
	})
	switch {
	case errors.Is(err, errRead):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return u, nil
}

// wrap says in an error what was being done. It is nil for nil.
func wrap(doing string, err error) error {
	if err != nil {
		err = fmt.Errorf("account: %s: %w", doing, err)
	}
	return err
}
