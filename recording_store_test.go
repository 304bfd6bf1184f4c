package cardea_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// errStore is the error of the methods that fail.
var errStore = errors.New("the database is unavailable")

// recordingStore is a store in memory that records which of its methods are called, and whose
// methods can be made to fail.
type recordingStore struct {
	*memadapter.Adapter

	mu     sync.Mutex
	calls  []string // in their order
	broken []string // methods that fail
}

// recordCalls replaces the store that newSite configures by a recording one.
func recordCalls(c *cardea.Config) *recordingStore {
	s := &recordingStore{Adapter: c.Adapter.(*memadapter.Adapter)}
	c.Adapter = s
	return s
}

// failOnly makes these methods and no others fail from now on, and forgets the recorded calls.
func (s *recordingStore) failOnly(methods ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.broken = nil, methods
}

func (s *recordingStore) called(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.calls, method)
}

// writes returns the recorded calls of methods that write.
func (s *recordingStore) writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, call := range s.calls {
		switch call {
		case "CreateUser", "UpdateUser", "LinkAccount", "UpdateAccount", "CreateSession", "RenewSession":
			list = append(list, call)
		}
	}
	return list
}

// seen returns the recorded calls.
func (s *recordingStore) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// call records a call, and returns the error of a method that fails.
func (s *recordingStore) call(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, method)
	if slices.Contains(s.broken, method) {
		return errStore
	}
	return nil
}

// LockReads says that the store cannot do it if LockUser fails, so that LockUser is called.
func (s *recordingStore) LockReads(ctx context.Context, _ cardea.Adapter) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ctx, !slices.Contains(s.broken, "LockUser")
}

func (s *recordingStore) Transact(ctx context.Context, fn func(context.Context) error) error {
	if err := s.call("Transact"); err != nil {
		return err
	}
	return s.Adapter.Transact(ctx, fn)
}

func (s *recordingStore) LockUser(ctx context.Context, id string) error {
	if err := s.call("LockUser"); err != nil {
		return err
	}
	return s.Adapter.LockUser(ctx, id)
}

func (s *recordingStore) CreateUser(ctx context.Context, u *cardea.User) error {
	if err := s.call("CreateUser"); err != nil {
		return err
	}
	return s.Adapter.CreateUser(ctx, u)
}

func (s *recordingStore) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	if err := s.call("UserByID"); err != nil {
		return nil, err
	}
	return s.Adapter.UserByID(ctx, id)
}

func (s *recordingStore) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	if err := s.call("UserByEmail"); err != nil {
		return nil, err
	}
	return s.Adapter.UserByEmail(ctx, email)
}

func (s *recordingStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	if err := s.call("UserByAccount"); err != nil {
		return nil, err
	}
	return s.Adapter.UserByAccount(ctx, provider, id)
}

func (s *recordingStore) UpdateUser(ctx context.Context, u *cardea.User) error {
	if err := s.call("UpdateUser"); err != nil {
		return err
	}
	return s.Adapter.UpdateUser(ctx, u)
}

func (s *recordingStore) LinkAccount(ctx context.Context, a *cardea.Account) error {
	if err := s.call("LinkAccount"); err != nil {
		return err
	}
	return s.Adapter.LinkAccount(ctx, a)
}

func (s *recordingStore) UpdateAccount(ctx context.Context, a *cardea.Account) error {
	if err := s.call("UpdateAccount"); err != nil {
		return err
	}
	return s.Adapter.UpdateAccount(ctx, a)
}

func (s *recordingStore) CreateSession(ctx context.Context, session *cardea.Session) error {
	if err := s.call("CreateSession"); err != nil {
		return err
	}
	return s.Adapter.CreateSession(ctx, session)
}

func (s *recordingStore) Session(ctx context.Context, token string) (*cardea.Session, error) {
	if err := s.call("Session"); err != nil {
		return nil, err
	}
	return s.Adapter.Session(ctx, token)
}

func (s *recordingStore) RenewSession(ctx context.Context, token string, expires time.Time) error {
	if err := s.call("RenewSession"); err != nil {
		return err
	}
	return s.Adapter.RenewSession(ctx, token, expires)
}

func (s *recordingStore) DeleteSession(ctx context.Context, token string) error {
	if err := s.call("DeleteSession"); err != nil {
		return err
	}
	return s.Adapter.DeleteSession(ctx, token)
}
