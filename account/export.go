package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

func (f *Feature) offerExport(ctx context.Context) (feature.Page, error) {
	t := language.Of(ctx)
	return feature.Page{
		Title: t.Text("export.heading"), Text: []string{t.Text("export.text")},
		Forms: []feature.Form{{Path: pathExport, Button: t.Text("export.button")}},
	}, nil
}

// data is the content of the file, as JSON.
type data struct {
	User     any              `json:"user"` // the application's row, as package json writes it
	Accounts []exportAccount  `json:"accounts"`
	Sessions []exportSession  `json:"sessions"`
	Features map[string][]any `json:"features,omitempty"` // what features keep, by their ids
}

type exportAccount struct {
	Provider          string              `json:"provider"`
	ProviderAccountID string              `json:"providerAccountId"`
	Type              cardea.ProviderType `json:"type"`
	Scope             string              `json:"scope,omitempty"`
}

type exportSession struct {
	Expires   time.Time `json:"expires,omitzero"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	SeenAt    time.Time `json:"seenAt,omitzero"`
	AuthTime  time.Time `json:"authTime,omitzero"`
	Methods   []string  `json:"methods,omitempty"`
	IP        string    `json:"ip,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
}

// export answers with the file.
func (f *Feature) export(w http.ResponseWriter, r *http.Request) error {
	all, err := f.collect(r.Context(), cardea.SessionFrom(r.Context()).UserID)
	if err != nil {
		return f.host.StoreError("collect what is kept about the user", err)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) // fails only if the connection is closed
	return nil
}

// collect reads everything that is kept about a user. It has no token and no other secret.
func (f *Feature) collect(ctx context.Context, userID string) (*data, error) {
	u, err := f.host.Adapter().UserByID(ctx, userID)
	if err != nil {
		return nil, err
	}
	all := &data{User: u.Entity, Accounts: []exportAccount{}, Sessions: []exportSession{}}
	if u.Entity == nil {
		all.User = map[string]any{
			"id": u.ID, "name": u.Name, "email": u.Email, "emailVerified": u.EmailVerified, "image": u.Image,
		}
	}
	accounts, err := f.host.Auth().Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		all.Accounts = append(all.Accounts, exportAccount{a.Provider, a.ProviderAccountID, a.Type, a.Scope})
	}
	sessions, err := f.host.Auth().Sessions(ctx, userID)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	for _, s := range sessions {
		all.Sessions = append(all.Sessions, exportSession{
			s.Expires, s.CreatedAt, s.SeenAt, s.AuthTime, s.Methods, s.IP, s.UserAgent,
		})
	}
	all.Features, err = f.host.Users().Export(ctx, userID)
	return all, err
}
