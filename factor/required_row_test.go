package factor_test

import (
	"context"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// rowStore is a store whose users have rows of the application, as those of gormadapter.
type rowStore struct {
	*memadapter.Adapter
}

type appRow struct{ Role string }

func (rowStore) NewUser() any { return new(appRow) }

func withRole(u *cardea.User, err error) (*cardea.User, error) {
	if u != nil {
		u.Entity = &appRow{Role: "ADMIN"}
	}
	return u, err
}

func (r rowStore) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return withRole(r.Adapter.UserByID(ctx, id))
}

func (r rowStore) Session(ctx context.Context, token string) (*cardea.Session, error) {
	s, err := r.Adapter.Session(ctx, token)
	if err == nil {
		s.User, _ = withRole(s.User, nil)
	}
	return s, err
}

// RequiredFor of docs/second-factor.md gets the application's row with both strategies, so that an
// administrator cannot remove the last app.
func TestRequiredForGetsTheRow(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			s := newSite(t, func(c *cardea.Config, o *factor.Options) {
				c.Session.Strategy = strategy
				c.Adapter = rowStore{c.Adapter.(*memadapter.Adapter)}
				o.RequiredFor = func(_ context.Context, u *cardea.User) bool { // of docs/second-factor.md
					row, ok := u.Entity.(*appRow)
					return ok && row.Role == "ADMIN"
				}
			})
			ann := s.user(t, annAddress)
			v := s.visitor(t)
			p := v.enter(ann, "pwd")
			if p.at != "/api/auth/factor/required" {
				t.Fatalf("ended at %s", p.at)
			}
			a := s.appOf(t, p)
			v.post("/factor/required", "code", a.code(0), "name", "Phone")
			id := s.factors(t, ann)[0].ID
			v.post("/factor/remove", "id", id)
			if len(s.factors(t, ann)) == 0 {
				t.Error("an administrator has removed the last app")
			}
		})
	}
}
