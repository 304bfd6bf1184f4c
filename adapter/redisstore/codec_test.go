package redisstore

import (
	"database/sql"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type color string

type address struct {
	Street string
	Zip    *int
}

type everything struct {
	address
	Embedded
	ID        [16]byte
	Name      string `json:"-"`
	Nickname  *string
	Zero      *int
	False     *bool
	Nothing   *bool
	Count     int64
	Small     uint8
	Large     uint64
	Ratio     float64
	Color     color
	Tags      []string
	NoTags    []string
	EmptyTags []string
	Raw       []byte
	NoRaw     []byte
	EmptyRaw  []byte
	Settings  map[string]int
	NoMap     map[string]int
	Home      address
	Others    []*everything
	Deleted   sql.NullTime
	Born      time.Time
	Local     time.Time
	There     time.Time
	Never     time.Time
	Balance   big.Int
	From      netip.Addr
}

// Embedded is embedded.
type Embedded struct{ Note string }

func TestCodecKeepsEverything(t *testing.T) {
	t.Parallel()
	zero, no, nick := 0, false, ""
	born := time.Date(1990, 2, 3, 4, 5, 6, 7, time.UTC)
	v := everything{
		Embedded: Embedded{"note"}, ID: [16]byte{1, 2}, Name: "Ann", Nickname: &nick, Zero: &zero, False: &no,
		Count: math.MinInt64, Small: 255, Large: math.MaxUint64, Ratio: math.Inf(-1), Color: "red",
		Tags: []string{"", "a"}, EmptyTags: []string{}, Raw: []byte{0, 255}, EmptyRaw: []byte{},
		Settings: map[string]int{"a": 1, "": -1}, Home: address{"street", &zero},
		Others: []*everything{nil, {Name: "Bob"}}, Deleted: sql.NullTime{Time: born, Valid: true}, Born: born,
		Local: born.In(time.Local), There: born.In(time.FixedZone("", 3600)), Balance: *big.NewInt(-7),
		From: netip.MustParseAddr("2001:db8::1%eth0"),
	}
	v.Street = "promoted"
	c, err := newEntityCodec(reflect.TypeOf(&v))
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.append(nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.next(&reader{b: b})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, &v) {
		t.Errorf("got %+v\nwant %+v", got, &v)
	}
	for n := range len(b) {
		if _, err := c.next(&reader{b: b[:n]}); err == nil {
			t.Fatalf("a value that is cut off after %d bytes was read", n)
		}
	}
}

// What cannot be kept is an error that names it, and never left out.
func TestCodecRefusesWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	type withAny struct{ Home struct{ Value any } }
	type withHidden struct {
		Name   string
		hidden int
	}
	_ = withHidden{hidden: 1}
	for want, of := range map[string]any{
		"withAny.Home.Value has the type interface {}":            &withAny{},
		"withHidden.hidden of type int is not exported":           &withHidden{},
		"has the type func()":                                     &struct{ Hook func() }{},
		"has the type chan int":                                   &struct{ Events []chan int }{},
		"the entity is a redisstore.everything, not a pointer to": everything{},
	} {
		if _, err := newEntityCodec(reflect.TypeOf(of)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: got %v, want %q", of, err, want)
		}
	}
	loop := &everything{}
	loop.Others = []*everything{loop}
	c, err := newEntityCodec(reflect.TypeOf(loop))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.append(nil, loop); err == nil {
		t.Error("a value that contains itself was written")
	}
	type other struct{ everything }
	if _, err := c.append(nil, &other{}); err == nil {
		t.Error("a value of another type was written")
	}
	o, err := newEntityCodec(reflect.TypeOf(&other{}))
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.append(nil, &other{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.next(&reader{b: b}); err == nil {
		t.Error("a value of another type was read")
	}
}
