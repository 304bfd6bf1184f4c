package account

import (
	"context"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

func (f *Feature) offerDelete(ctx context.Context) (feature.Page, error) {
	t := language.Of(ctx)
	word := confirmation(t, cardea.SessionFrom(ctx).User)
	return feature.Page{
		Title: t.Text("delete.heading"), Text: []string{t.Text("delete.text")},
		Forms: []feature.Form{{
			Path: pathDelete, Button: t.Text("delete.button"),
			Fields: []feature.Field{{
				Name: "confirm", Label: t.Text("delete.confirm", "word", word), Autocomplete: "off", Required: true,
			}},
		}},
	}, nil
}

// confirmation is what somebody types who deletes the account.
func confirmation(t *language.Texts, u *cardea.User) string {
	if u.Email != "" {
		return u.Email
	}
	return t.Text("delete.word")
}

// isConfirmed reports whether somebody has typed it. A program can send the English word in every
// language.
func isConfirmed(t *language.Texts, u *cardea.User, typed string) bool {
	typed = strings.TrimSpace(typed)
	return strings.EqualFold(typed, confirmation(t, u)) || strings.EqualFold(typed, confirmation(nil, u))
}

// delete deletes the account.
func (f *Feature) delete(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u := cardea.SessionFrom(ctx).User
	if !isConfirmed(language.Of(ctx), u, f.host.Form(ctx)["confirm"]) {
		p, err := deletions{f}.offer(ctx, nil)
		if err != nil {
			return err
		}
		return f.refuse(ctx, SectionDelete, CodeUnconfirmed, p)
	}
	if f.options.DeleteAfter > 0 {
		return deletions{f}.ask(ctx, u)
	}
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		if err := f.host.Auth().DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		return deletions{f}.tell(ctx, u, MailDeleted)
	})
	if err != nil {
		return err
	}
	return f.host.Redirect(ctx, withSuccess(f.options.AfterDelete, SuccessDeleted))
}
