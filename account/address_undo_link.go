package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// keptFor is whom tokens belong to that do not end with the others of a user. These end with every
// change of a credential: a stranger would change the password to end the links to undo a change.
func keptFor(userID string) string { return "kept:" + userID }

// undoLink is a link to undo the changes of the address of a user, as the store knows it.
//
// Whoever has the account can ask for such links too. So one that is used ends those that were made
// later, never an earlier one of another address: it may be the owner's.
type undoLink struct {
	since   int64  // when it was made, in milliseconds; each link of a user has another value
	mailbox string // a short hash of the address to which it was mailed
}

// undoLink returns what the store knows of a link that was opened.
func (l link) undoLink() undoLink {
	return undoLink{l.milliseconds(valueSince), mailboxOf(l.value(valueOld))}
}

func mailboxOf(address string) string {
	sum := sha256.Sum256([]byte(address))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// subject is whom the token of the link belongs to.
func (l undoLink) subject(userID string) string {
	return fmt.Sprintf("%s:%d:%s", keptFor(userID), l.since, l.mailbox)
}

// undoLinks returns the links of a user that have not expired.
func (a addresses) undoLinks(ctx context.Context, userID string) (links []undoLink, err error) {
	prefix := kindUndo + ":" + keptFor(userID) + ":"
	rows, err := a.list.VerificationTokensBefore(ctx, prefix, a.host.Now().AddDate(1, 0, 0))
	for _, row := range rows {
		since, mailbox, _ := strings.Cut(strings.TrimPrefix(row.Identifier, prefix), ":")
		made, err := strconv.ParseInt(since, 10, 64)
		if l := (undoLink{made, mailbox}); err == nil && kindUndo+":"+l.subject(userID) == row.Identifier {
			links = append(links, l) // otherwise it is of a user whose id begins like this one
		}
	}
	return links, err
}

// endUndo ends the links of a user for which ends is true.
func (a addresses) endUndo(ctx context.Context, userID string, ends func(undoLink) bool) error {
	links, err := a.undoLinks(ctx, userID)
	if err != nil {
		return err
	}
	for _, l := range links {
		if !ends(l) {
			continue
		}
		if err := a.host.EndTokens(ctx, l.subject(userID), kindUndo); err != nil {
			return err
		}
	}
	return nil
}

// endAllUndo ends the links of a user who is deleted, or who becomes another person's.
func (a addresses) endAllUndo(ctx context.Context, userID string) error {
	return a.endUndo(ctx, userID, func(undoLink) bool { return true })
}

// newUndo returns a token that gives the address that a user has back to the user. Ctx carries the
// transaction in which the user is locked.
func (a addresses) newUndo(ctx context.Context, u *cardea.User, lifetime time.Duration) (string, error) {
	keys, err := a.keys(ctx, u.ID)
	if err != nil {
		return "", err
	}
	links, err := a.undoLinks(ctx, u.ID)
	if err != nil {
		return "", err
	}
	made := undoLink{a.host.Now().UnixMilli(), mailboxOf(u.Email)}
	for _, l := range links {
		made.since = max(made.since, l.since+1) // the clocks of two processes may differ
	}
	values := oauth.Claims{
		valueUser: u.ID, valueOld: u.Email, valueSince: strconv.FormatInt(made.since, 10),
		valueProven: strconv.FormatInt(u.EmailVerified.UnixMilli(), 10),
	}
	if len(keys) <= maxKeys {
		names := make([]string, len(keys))
		for i, k := range keys {
			names[i] = k.name
		}
		values[valueKeys] = strings.Join(names, " ")
	}
	return a.host.NewToken(ctx, kindUndo, made.subject(u.ID), lifetime, values)
}
