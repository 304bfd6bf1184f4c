package redisstore

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// codec writes and reads the values of one type, such as a user entity. It keeps every exported
// field, whatever its tags, nil apart from empty, and the zone of a time. encoding/json would leave
// out fields, and encoding/gob makes a pointer to zero nil.
type codec struct {
	encode func(b []byte, v reflect.Value, depth int) ([]byte, error)
	decode func(r *reader, v reflect.Value) error
}

// compiler makes the codecs of a type and of the types in it.
type compiler struct {
	known map[reflect.Type]*codec
	shape strings.Builder // describes the types; a value of another shape is not read
}

// entityCodec is the codec of an entity, and the hash of its shape.
type entityCodec struct {
	codec
	of    reflect.Type // a pointer to the entity
	shape [8]byte
}

// newEntityCodec returns the codec of the entities of a type, which is a pointer to a struct. An
// error names the field that it cannot keep.
func newEntityCodec(of reflect.Type) (*entityCodec, error) {
	if of.Kind() != reflect.Pointer || of.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("the entity is a %s, not a pointer to a struct", of)
	}
	c := compiler{known: map[reflect.Type]*codec{}}
	made, err := c.compile(of.Elem(), of.Elem().Name())
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(c.shape.String()))
	return &entityCodec{codec: *made, of: of, shape: [8]byte(sum[:8])}, nil
}

const (
	maxDepth = 32      // of a value; one that contains itself is deeper
	maxValue = 1 << 20 // bytes of a value
)

var errTooLarge = errors.New("it is too large, or contains itself")

// compile returns the codec of a type. path is the field that has it.
func (c *compiler) compile(t reflect.Type, path string) (*codec, error) {
	if made := c.known[t]; made != nil {
		return made, nil
	}
	made := new(codec)
	c.known[t] = made
	fmt.Fprintf(&c.shape, "%s %s\n", path, t)
	var err error
	switch k := t.Kind(); {
	case t == timeType:
		*made = codec{encodeTime, decodeTime}
	case k == reflect.Bool:
		*made = codec{encodeBool, decodeBool}
	case k >= reflect.Int && k <= reflect.Int64:
		*made = codec{encodeInt, decodeInt}
	case k >= reflect.Uint && k <= reflect.Uintptr:
		*made = codec{encodeUint, decodeUint}
	case k == reflect.Float32 || k == reflect.Float64:
		*made = codec{encodeFloat, decodeFloat}
	case k == reflect.String:
		*made = codec{encodeString, decodeString}
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		*made = codec{encodeBytes, decodeBytes}
	case k == reflect.Pointer:
		err = c.pointer(made, t, path)
	case k == reflect.Slice || k == reflect.Array:
		err = c.list(made, t, path)
	case k == reflect.Map:
		err = c.table(made, t, path)
	case k == reflect.Struct:
		err = c.structure(made, t, path)
	default:
		err = fmt.Errorf("%s has the type %s, which cannot be kept", path, t)
	}
	return made, err
}

func (c *compiler) pointer(made *codec, t reflect.Type, path string) error {
	elem, err := c.compile(t.Elem(), path)
	made.encode = func(b []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.IsNil() {
			return append(b, 0), nil
		}
		if depth > maxDepth {
			return nil, errTooLarge
		}
		return elem.encode(append(b, 1), v.Elem(), depth+1)
	}
	made.decode = func(r *reader, v reflect.Value) error {
		if r.byte() == 0 {
			return r.err
		}
		v.Set(reflect.New(t.Elem()))
		return elem.decode(r, v.Elem())
	}
	return err
}

func (c *compiler) list(made *codec, t reflect.Type, path string) error {
	elem, err := c.compile(t.Elem(), path)
	isSlice := t.Kind() == reflect.Slice
	made.encode = func(b []byte, v reflect.Value, depth int) (_ []byte, err error) {
		if isSlice && v.IsNil() {
			return binary.AppendUvarint(b, 0), nil
		}
		b = binary.AppendUvarint(b, uint64(v.Len())+1)
		for i := 0; i < v.Len() && err == nil; i++ {
			b, err = elem.encode(b, v.Index(i), depth+1)
		}
		return b, err
	}
	made.decode = func(r *reader, v reflect.Value) error {
		n, ok := r.length()
		if !ok {
			return r.err
		}
		if isSlice {
			v.Set(reflect.MakeSlice(t, n, n))
		}
		for i := 0; i < min(n, v.Len()) && r.err == nil; i++ {
			if err := elem.decode(r, v.Index(i)); err != nil {
				return err
			}
		}
		return r.err
	}
	return err
}

func (c *compiler) table(made *codec, t reflect.Type, path string) error {
	key, err := c.compile(t.Key(), path)
	elem, elemErr := c.compile(t.Elem(), path)
	made.encode = func(b []byte, v reflect.Value, depth int) (_ []byte, err error) {
		if v.IsNil() {
			return binary.AppendUvarint(b, 0), nil
		}
		b = binary.AppendUvarint(b, uint64(v.Len())+1)
		for i := v.MapRange(); i.Next() && err == nil; {
			if b, err = key.encode(b, i.Key(), depth+1); err == nil {
				b, err = elem.encode(b, i.Value(), depth+1)
			}
		}
		return b, err
	}
	made.decode = func(r *reader, v reflect.Value) error {
		n, ok := r.length()
		if !ok {
			return r.err
		}
		v.Set(reflect.MakeMapWithSize(t, n))
		for range n {
			k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			if err := errors.Join(key.decode(r, k), elem.decode(r, e)); err != nil {
				return err
			}
			v.SetMapIndex(k, e)
		}
		return r.err
	}
	return errors.Join(err, elemErr)
}

// structure is the codec of a struct with exported fields only, or of one that writes itself.
func (c *compiler) structure(made *codec, t reflect.Type, path string) error {
	var fields []*codec
	for i := range t.NumField() {
		field := t.Field(i)
		isPromoted := field.Anonymous && field.Type.Kind() == reflect.Struct // then its fields may be exported
		if !field.IsExported() && field.Name != "_" && !isPromoted {
			if *made = selfWritten(t); made.encode != nil {
				return nil
			}
			return fmt.Errorf("%s.%s of type %s is not exported, so it cannot be kept", path, field.Name, field.Type)
		}
		if field.Name == "_" {
			fields = append(fields, nil)
			continue
		}
		f, err := c.compile(field.Type, path+"."+field.Name)
		if err != nil {
			return err
		}
		fields = append(fields, f)
	}
	made.encode = func(b []byte, v reflect.Value, depth int) (_ []byte, err error) {
		for i, f := range fields {
			if f == nil {
				continue
			}
			if b, err = f.encode(b, v.Field(i), depth+1); err != nil || len(b) > maxValue {
				return nil, errors.Join(errTooLarge, err)
			}
		}
		return b, nil
	}
	made.decode = func(r *reader, v reflect.Value) error {
		for i, f := range fields {
			if f == nil {
				continue
			}
			if err := f.decode(r, v.Field(i)); err != nil {
				return err
			}
		}
		return r.err
	}
	return nil
}

// selfWritten returns the codec of a type that has methods to write and read itself, as decimal
// numbers have. Otherwise it has no functions.
func selfWritten(t reflect.Type) codec {
	switch p := reflect.PointerTo(t); {
	case p.Implements(typeOf[encoding.BinaryMarshaler]()) && p.Implements(typeOf[encoding.BinaryUnmarshaler]()):
		return codec{
			func(b []byte, v reflect.Value, _ int) ([]byte, error) {
				text, err := addressable(v).(encoding.BinaryMarshaler).MarshalBinary()
				return appendText(b, string(text)), err
			},
			func(r *reader, v reflect.Value) error {
				into, text := v.Addr().Interface().(encoding.BinaryUnmarshaler), r.text()
				return errors.Join(r.err, into.UnmarshalBinary([]byte(text)))
			},
		}
	case p.Implements(typeOf[encoding.TextMarshaler]()) && p.Implements(typeOf[encoding.TextUnmarshaler]()):
		return codec{
			func(b []byte, v reflect.Value, _ int) ([]byte, error) {
				text, err := addressable(v).(encoding.TextMarshaler).MarshalText()
				return appendText(b, string(text)), err
			},
			func(r *reader, v reflect.Value) error {
				into, text := v.Addr().Interface().(encoding.TextUnmarshaler), r.text()
				return errors.Join(r.err, into.UnmarshalText([]byte(text)))
			},
		}
	}
	return codec{}
}

// addressable returns a pointer to a copy of v, which may be a value in a map.
func addressable(v reflect.Value) any {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface()
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

var timeType = typeOf[time.Time]()

// The zones of a time: UTC, that of the process, and others by their difference from UTC.
const (
	zoneUTC = iota
	zoneLocal
	zoneOther
)

func encodeTime(b []byte, v reflect.Value, _ int) ([]byte, error) {
	t := v.Interface().(time.Time)
	b = binary.AppendVarint(b, t.Unix())
	b = binary.AppendVarint(b, int64(t.Nanosecond()))
	switch _, offset := t.Zone(); t.Location() {
	case time.UTC:
		return append(b, zoneUTC), nil
	case time.Local:
		return append(b, zoneLocal), nil
	default:
		return binary.AppendVarint(append(b, zoneOther), int64(offset)), nil
	}
}

func decodeTime(r *reader, v reflect.Value) error {
	t := time.Unix(r.int(), r.int())
	switch r.byte() {
	case zoneUTC:
		t = t.UTC()
	case zoneOther:
		t = t.In(time.FixedZone("", int(r.int())))
	}
	v.Set(reflect.ValueOf(t))
	return r.err
}

func encodeBool(b []byte, v reflect.Value, _ int) ([]byte, error) {
	if v.Bool() {
		return append(b, 1), nil
	}
	return append(b, 0), nil
}

func decodeBool(r *reader, v reflect.Value) error { v.SetBool(r.byte() == 1); return r.err }

func encodeInt(b []byte, v reflect.Value, _ int) ([]byte, error) {
	return binary.AppendVarint(b, v.Int()), nil
}

func decodeInt(r *reader, v reflect.Value) error { v.SetInt(r.int()); return r.err }

func encodeUint(b []byte, v reflect.Value, _ int) ([]byte, error) {
	return binary.AppendUvarint(b, v.Uint()), nil
}

func decodeUint(r *reader, v reflect.Value) error { v.SetUint(r.uint()); return r.err }

func encodeFloat(b []byte, v reflect.Value, _ int) ([]byte, error) {
	return binary.AppendUvarint(b, math.Float64bits(v.Float())), nil
}

func decodeFloat(r *reader, v reflect.Value) error {
	v.SetFloat(math.Float64frombits(r.uint()))
	return r.err
}

func encodeString(b []byte, v reflect.Value, _ int) ([]byte, error) {
	return appendText(b, v.String()), nil
}

func decodeString(r *reader, v reflect.Value) error { v.SetString(r.text()); return r.err }

func encodeBytes(b []byte, v reflect.Value, _ int) ([]byte, error) {
	if v.IsNil() {
		return append(b, 0), nil
	}
	return appendText(append(b, 1), string(v.Bytes())), nil
}

func decodeBytes(r *reader, v reflect.Value) error {
	if r.byte() == 1 {
		v.SetBytes([]byte(r.text()))
	}
	return r.err
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// reader reads what the codecs have written. After an error it returns zero values.
type reader struct {
	b   []byte
	err error
}

var errCut = errors.New("a value is cut off")

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.err = errCut
		return 0
	}
	first := r.b[0]
	r.b = r.b[1:]
	return first
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.b)
	return advance(r, n, size)
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	return advance(r, n, size)
}

func advance[N int64 | uint64](r *reader, n N, size int) N {
	if size <= 0 {
		r.b, r.err = nil, errCut
		return 0
	}
	r.b = r.b[size:]
	return n
}

// length reads the length of a list. If the list is nil, ok is false.
func (r *reader) length() (n int, ok bool) {
	written := r.uint()
	if written == 0 || written-1 > uint64(len(r.b)) && written-1 > maxValue {
		return 0, false
	}
	return int(written - 1), true
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errCut
		return ""
	}
	text := string(r.b[:n])
	r.b = r.b[n:]
	return text
}
