package sqladapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateVerificationToken adds t.
func (a *Adapter) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	_, err := a.exec(ctx, "create verification token",
		"INSERT INTO verification_token (token, identifier, expires) VALUES (?, ?, ?)",
		t.Token, t.Identifier, t.Expires.UnixMilli())
	return err
}

// ConsumeVerificationToken removes the token and returns it. Of concurrent callers exactly one gets
// the token, the others ErrNotFound.
func (a *Adapter) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	var expires int64
	err := a.queryOne(ctx, "consume verification token",
		"DELETE FROM verification_token WHERE token = ? AND identifier = ? RETURNING expires",
		[]any{token, identifier}, &expires)
	if err != nil {
		return nil, err
	}
	return &cardea.VerificationToken{Identifier: identifier, Token: token, Expires: time.UnixMilli(expires).UTC()}, nil
}

// DeleteVerificationTokens removes the tokens of an identifier, and returns how many it removed.
func (a *Adapter) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	n, err := a.exec(ctx, "delete verification tokens", "DELETE FROM verification_token WHERE identifier = ?",
		identifier)
	return int(n), err
}

// DeleteExpiredVerificationTokens removes at most limit tokens that expired before the given time,
// and returns how many it removed.
func (a *Adapter) DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := a.exec(ctx, "delete expired verification tokens",
		"DELETE FROM verification_token WHERE token IN "+
			"(SELECT token FROM verification_token WHERE expires < ? LIMIT ?)",
		before.UnixMilli(), max(limit, 0))
	return int(n), err
}

// VerificationTokensBefore returns the tokens whose identifier begins with prefix and that expire
// before the given time, ordered by their expiry. LIKE would fold case, and has wildcards.
func (a *Adapter) VerificationTokensBefore(
	ctx context.Context, prefix string, before time.Time,
) ([]*cardea.VerificationToken, error) {
	rows, err := a.querier(ctx).QueryContext(ctx,
		"SELECT token, identifier, expires FROM verification_token "+
			"WHERE substr(identifier, 1, length(?)) = ? AND expires < ? ORDER BY expires",
		prefix, prefix, before.UnixMilli())
	if err != nil {
		return nil, mapError("list verification tokens", err)
	}
	defer rows.Close()
	var list []*cardea.VerificationToken
	for rows.Next() {
		t, expires := &cardea.VerificationToken{}, int64(0)
		if err := rows.Scan(&t.Token, &t.Identifier, &expires); err != nil {
			return nil, mapError("list verification tokens", err)
		}
		t.Expires = time.UnixMilli(expires).UTC()
		list = append(list, t)
	}
	return list, mapError("list verification tokens", rows.Err())
}
