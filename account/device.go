package account

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// maxDevices is how many devices the page shows, the last used first. The last button ends all.
const maxDevices = 50

// devices lists the sessions of the person.
func (f *Feature) devices(ctx context.Context) (feature.Page, error) {
	t, own := language.Of(ctx), cardea.SessionFrom(ctx)
	p := feature.Page{Title: t.Text("devices.heading")}
	sessions, err := f.host.Auth().Sessions(ctx, own.UserID)
	if errors.Is(err, errors.ErrUnsupported) {
		p.Text = []string{t.Text("devices.unknown")} // StrategyJWT
		return p, nil
	} else if err != nil {
		return p, f.host.StoreError("read the sessions", err)
	}
	others := 0
	for _, s := range sessions {
		if s.ID() == own.ID() {
			p.Text = append(p.Text, t.Text("devices.this", "device", describe(t, s)))
			continue
		}
		if others++; others <= maxDevices {
			p.Forms = append(p.Forms, feature.Form{
				Path: pathEnd, Text: describe(t, s), Button: t.Text("devices.end"),
				Hidden: map[string]string{"session": s.ID()},
			})
		}
	}
	if others > 0 {
		p.Forms = append(p.Forms, feature.Form{
			Path: pathEndOthers, Button: t.Text("devices.end_others"),
		})
	}
	return p, nil
}

// endSession ends one session of the person.
func (f *Feature) endSession(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		return f.host.Auth().EndSession(ctx, cardea.SessionFrom(ctx).UserID, f.host.Form(ctx)["session"])
	})
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return f.back(ctx, SectionDevices, SuccessSessionEnded)
}

// endOtherSessions ends all sessions of the person but this one.
func (f *Feature) endOtherSessions(_ http.ResponseWriter, r *http.Request) error {
	ctx, own := r.Context(), cardea.SessionFrom(r.Context())
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		_, err := f.host.Auth().EndSessions(ctx, own.UserID, own)
		return err
	})
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return f.back(ctx, SectionDevices, SuccessSessionsEnded)
}

// describe says what is known about a session, such as "Firefox on Windows, 203.0.113.0/24, last
// used 2 January 2026 15:04 UTC".
func describe(t *language.Texts, s *cardea.Session) string {
	parts := []string{device(t, s.UserAgent)}
	if s.IP != "" {
		parts = append(parts, s.IP)
	}
	switch {
	case !s.SeenAt.IsZero():
		parts = append(parts, t.Text("devices.used", "time", t.Time(s.SeenAt.UTC())))
	case !s.CreatedAt.IsZero():
		parts = append(parts, t.Text("devices.since", "time", t.Time(s.CreatedAt.UTC())))
	}
	return strings.Join(parts, t.Text("devices.separator"))
}
