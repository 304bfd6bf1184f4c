package factor

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// section is what the account page shows.
func (f *Feature) section(ctx context.Context) (feature.Page, error) {
	return f.account(ctx, cardea.SessionFrom(ctx).UserID)
}

// account lists the factors of a user, with the forms to change them.
func (f *Feature) account(ctx context.Context, userID string) (p feature.Page, err error) {
	t := language.Of(ctx)
	p.Title = t.Text("factor.heading")
	has, err := f.factors(ctx, userID)
	if err != nil {
		return p, err
	}
	start := feature.Form{Path: pathStart, Button: t.Text("factor.start")}
	if len(has) == 0 {
		p.Text = []string{t.Text("factor.text")}
		p.Forms = []feature.Form{start}
		return p, nil
	}
	codes, err := f.store.CountRecoveryCodes(ctx, userID)
	if err != nil {
		return p, f.host.StoreError("count the recovery codes", err)
	}
	for _, row := range has {
		p.Forms = append(p.Forms, feature.Form{
			Path: pathRemove, Text: describe(t, row), Button: t.Text("factor.remove"),
			Hidden: map[string]string{"id": row.ID},
		})
	}
	if len(has) < maxFactors {
		start.Button = t.Text("factor.start_another")
		p.Forms = append(p.Forms, start)
	}
	p.Forms = append(p.Forms, feature.Form{Path: pathCodes, Text: left(t, codes), Button: t.Text("factor.renew")})
	return p, nil
}

// describe is a factor as its owner sees it.
func describe(t *language.Texts, row *Factor) string {
	name, added := titleOf(t, row.Name), t.Day(row.CreatedAt)
	if row.LastUsedAt.IsZero() {
		return t.Text("factor.unused", "name", name, "added", added)
	}
	return t.Text("factor.used", "name", name, "added", added, "used", t.Day(row.LastUsedAt))
}

// titleOf is the name of a factor.
func titleOf(t *language.Texts, name string) string {
	if name == "" {
		return t.Text("factor.nameless")
	}
	return name
}

// left says how many recovery codes a user has.
func left(t *language.Texts, codes int) string {
	if codes <= fewCodes {
		return t.Count("factor.few", codes)
	}
	return t.Count("factor.left", codes)
}

// errNeeded says that a site asks the user for the factor that would be removed.
var errNeeded = errors.New("the site asks the user for this second factor")

// remove answers the form of the account page. With the last factor the recovery codes go too.
func (f *Feature) remove(_ http.ResponseWriter, r *http.Request) error {
	ctx, u, id := r.Context(), cardea.SessionFrom(r.Context()).User, f.host.Form(r.Context())["id"]
	var removed *Factor
	err := f.host.EndSessions(ctx, u.ID, func(ctx context.Context) (err error) {
		if removed, err = f.removeRow(ctx, u, id); err != nil || removed == nil {
			return err
		}
		return f.notify(ctx, u, Mail{Kind: MailRemoved, Factor: removed.Name})
	})
	if errors.Is(err, errNeeded) {
		p, err := f.section(ctx)
		if err != nil {
			return err
		}
		return refuse(ctx, f, "account", CodeNeeded, p)
	} else if err != nil {
		return err
	}
	if removed == nil {
		return f.toAccount(ctx, "")
	}
	return f.toAccount(ctx, SuccessRemoved)
}

// removeRow deletes a factor of a user, and returns it: nil if the user has no such factor.
func (f *Feature) removeRow(ctx context.Context, u *cardea.User, id string) (*Factor, error) {
	has, err := f.factors(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(has, func(row *Factor) bool { return row.ID == id })
	switch {
	case i < 0:
		return nil, nil
	case len(has) > 1:
		return has[i], f.host.StoreError("delete the second factor", f.store.DeleteFactor(ctx, u.ID, id))
	case f.isRequired(ctx, u):
		return nil, errNeeded
	}
	return has[i], f.host.StoreError("delete the second factors", f.store.DeleteFactors(ctx, u.ID))
}

// isRequired reports whether a user must have a second factor.
func (f *Feature) isRequired(ctx context.Context, u *cardea.User) bool {
	return f.options.RequiredFor != nil && f.options.RequiredFor(ctx, u)
}

// factors returns the factors of a user.
func (f *Feature) factors(ctx context.Context, userID string) ([]*Factor, error) {
	has, err := f.store.Factors(ctx, userID)
	return has, f.host.StoreError("read the second factors", err)
}

// accountURL returns the URL of the section. Success is "" if nothing was done.
func (f *Feature) accountURL(ctx context.Context, success string) string {
	to := f.host.URL(ctx, "account")
	if success != "" {
		to += "?success=" + success
	}
	return to + "#" + SectionID
}

func (f *Feature) toAccount(ctx context.Context, success string) error {
	return f.host.Redirect(ctx, f.accountURL(ctx, success))
}

// exported is what the file of the account page says about a factor.
type exported struct {
	Kind     string    `json:"kind"`
	Name     string    `json:"name,omitempty"`
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"lastUsed,omitzero"`
}

// export returns the factors of a user without their secrets, and nil if there are none.
func (f *Feature) export(ctx context.Context, userID string) (any, error) {
	has, err := f.store.Factors(ctx, userID)
	if err != nil || len(has) == 0 {
		return nil, err
	}
	codes, err := f.store.CountRecoveryCodes(ctx, userID)
	if err != nil {
		return nil, err
	}
	list := make([]exported, len(has))
	for i, row := range has {
		list[i] = exported{row.Kind, row.Name, row.CreatedAt, row.LastUsedAt}
	}
	return map[string]any{"factors": list, "recoveryCodes": codes}, nil
}
