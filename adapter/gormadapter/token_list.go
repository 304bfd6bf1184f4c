package gormadapter

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
)

// tokenList lists verification tokens. It is the account.DeletionStore.
type tokenList struct{ adapter *Adapter }

// VerificationTokensBefore returns the tokens whose identifier begins with prefix and that expire
// before the given time, ordered by their expiry. It reads from the primary.
func (l tokenList) VerificationTokensBefore(
	ctx context.Context, prefix string, before time.Time,
) ([]*cardea.VerificationToken, error) {
	a := l.adapter
	escaped := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(prefix)
	rows, err := a.db.readAll(ctx, a.statements.listTokens, a.token, escaped+"%", before.UTC())
	if err != nil {
		return nil, a.errors.wrap(ctx, "list verification tokens", err)
	}
	var list []*cardea.VerificationToken
	for _, r := range rows {
		t := &cardea.VerificationToken{
			Identifier: r.text("Identifier"), Token: r.text("Token"), Expires: timeAt(r.at("Expires")),
		}
		if strings.HasPrefix(t.Identifier, prefix) { // a collation may take other texts for it
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(x, y *cardea.VerificationToken) int { return x.Expires.Compare(y.Expires) })
	return list, nil
}
