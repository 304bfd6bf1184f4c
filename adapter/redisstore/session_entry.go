package redisstore

import (
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
)

// sessionEntry is a session and its user, without the rows of the application.
type sessionEntry struct {
	Token, UserID                        string
	Expires, AuthTime, CreatedAt, SeenAt time.Time
	Methods                              []string
	Level                                int
	IP, UserAgent                        string

	User struct {
		ID, Name, Email, Image string
		EmailVerified          time.Time
	}
	HasUserRow, HasSessionRow bool
}

// entryCodec writes and reads sessions with their users and the rows of the application.
type entryCodec struct {
	entry   *entityCodec
	user    *entityCodec                // nil if the adapter has no entities
	session atomic.Pointer[entityCodec] // nil until a session with a row was read
}

// newEntryCodec returns the codec of the sessions of an adapter, whose NewUser returned user.
func newEntryCodec(user any) (*entryCodec, error) {
	c := new(entryCodec)
	var err, userErr error
	c.entry, err = newEntityCodec(typeOf[*sessionEntry]())
	if user != nil {
		c.user, userErr = newEntityCodec(reflect.TypeOf(user))
	}
	return c, errors.Join(err, userErr)
}

// encode returns a session with its user as bytes.
func (c *entryCodec) encode(s *cardea.Session) ([]byte, error) {
	u := s.User
	e := sessionEntry{
		Token: s.Token, UserID: s.UserID, Expires: s.Expires, AuthTime: s.AuthTime, CreatedAt: s.CreatedAt,
		SeenAt: s.SeenAt, Methods: s.Methods, Level: s.Level, IP: s.IP, UserAgent: s.UserAgent,
		HasUserRow: u.Entity != nil, HasSessionRow: s.Entity != nil,
	}
	e.User.ID, e.User.Name, e.User.Email, e.User.Image = u.ID, u.Name, u.Email, u.Image
	e.User.EmailVerified = u.EmailVerified
	b, err := c.entry.append(nil, &e)
	if err == nil && e.HasUserRow {
		b, err = c.user.append(b, u.Entity)
	}
	if err == nil && e.HasSessionRow {
		var rows *entityCodec
		if rows, err = c.sessionRows(s.Entity); err == nil {
			b, err = rows.append(b, s.Entity)
		}
	}
	return b, err
}

// decode returns a session that encode has written. It fails if a type was another then.
func (c *entryCodec) decode(b []byte) (*cardea.Session, error) {
	r, e := &reader{b: b}, sessionEntry{}
	if err := c.entry.read(r, reflect.ValueOf(&e).Elem()); err != nil {
		return nil, err
	}
	s := &cardea.Session{
		Token: e.Token, UserID: e.UserID, Expires: e.Expires, AuthTime: e.AuthTime, CreatedAt: e.CreatedAt,
		SeenAt: e.SeenAt, Methods: e.Methods, Level: e.Level, IP: e.IP, UserAgent: e.UserAgent,
		User: &cardea.User{
			ID: e.User.ID, Name: e.User.Name, Email: e.User.Email, Image: e.User.Image,
			EmailVerified: e.User.EmailVerified,
		},
	}
	var err error
	if e.HasUserRow {
		s.User.Entity, err = c.user.next(r)
	}
	if err == nil && e.HasSessionRow {
		s.Entity, err = c.session.Load().next(r)
	}
	return s, err
}

// sessionRows returns the codec of the application's rows of sessions, whose type the first of them
// shows.
func (c *entryCodec) sessionRows(row any) (*entityCodec, error) {
	if rows := c.session.Load(); rows != nil {
		return rows, nil
	}
	rows, err := newEntityCodec(reflect.TypeOf(row))
	if err == nil {
		c.session.Store(rows)
	}
	return rows, err
}

// append appends an entity, behind the hash of the shape of its type.
func (c *entityCodec) append(b []byte, entity any) ([]byte, error) {
	if c == nil || reflect.TypeOf(entity) != c.of {
		return nil, fmt.Errorf("an entity has the type %T", entity)
	}
	return c.encode(append(b, c.shape[:]...), reflect.ValueOf(entity).Elem(), 0)
}

// next reads the next entity.
func (c *entityCodec) next(r *reader) (any, error) {
	if c == nil {
		return nil, errOtherType
	}
	entity := reflect.New(c.of.Elem())
	err := c.read(r, entity.Elem())
	return entity.Interface(), err
}

// errOtherType is about a value of another version of the application, or of a type that is not
// known yet.
var errOtherType = errors.New("a value has another type")

func (c *entityCodec) read(r *reader, v reflect.Value) error {
	if len(r.b) < len(c.shape) || [8]byte(r.b[:8]) != c.shape {
		return errOtherType
	}
	r.b = r.b[len(c.shape):]
	return c.decode(r, v)
}
