// Package redact prints values without the secrets in them.
//
// A field of a struct is a secret if it has the tag json:"-". Package encoding/json then leaves it
// out, and the functions here write [Hidden] instead of it, so that a log still shows whether it is
// set.
package redact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Hidden stands for a secret that is not empty.
const Hidden = "[redacted]"

// Format writes a struct, or what a pointer to one points to, with its type and with those exported
// fields that are not zero. It is for Format methods (see [fmt.Formatter]) and writes the same for
// every verb.
//
// Of functions, channels and pointers it writes the type, and of a list of bytes the length, unless
// the value has a Format method, too.
func Format(f fmt.State, v any) {
	var b strings.Builder
	s := pointed(v)
	if !s.IsValid() {
		b.WriteString("<nil>")
	} else {
		b.WriteString(s.Type().String())
		writeStruct(&b, s)
	}
	_, _ = io.WriteString(f, b.String())
}

// Value returns what [Format] writes as a group of attributes. It is for LogValue methods (see
// [slog.LogValuer]).
func Value(v any) slog.Value {
	s := pointed(v)
	if !s.IsValid() {
		return slog.AnyValue(nil)
	}
	var attrs []slog.Attr
	for _, field := range shown(s) {
		attrs = append(attrs, slog.Attr{Key: field.Name, Value: field.logValue()})
	}
	if attrs == nil { // handlers leave out a group without attributes
		return slog.StringValue(s.Type().String() + "{}")
	}
	return slog.GroupValue(attrs...)
}

// pointed returns the struct to which v points or which v is, and the zero Value for nil.
func pointed(v any) reflect.Value {
	s := reflect.ValueOf(v)
	if s.Kind() == reflect.Pointer {
		s = s.Elem()
	}
	return s
}

// field is an exported field that is not zero.
type field struct {
	reflect.StructField
	value reflect.Value
}

// shown returns the exported fields of a struct that are not zero.
func shown(s reflect.Value) []field {
	var list []field
	for i := range s.NumField() {
		f := field{s.Type().Field(i), s.Field(i)}
		if f.IsExported() && !f.value.IsZero() {
			list = append(list, f)
		}
	}
	return list
}

func (f field) secret() bool { return f.Tag.Get("json") == "-" }

func (f field) logValue() slog.Value {
	if f.secret() {
		return slog.StringValue(Hidden)
	}
	switch v := f.value.Interface().(type) {
	case slog.LogValuer:
		return slog.AnyValue(v).Resolve()
	case bool, string, time.Time, time.Duration:
		return slog.AnyValue(v)
	}
	if f.value.CanInt() || f.value.CanUint() {
		return slog.AnyValue(f.value.Interface())
	}
	var b strings.Builder
	write(&b, f.value)
	return slog.StringValue(b.String())
}

func writeStruct(b *strings.Builder, s reflect.Value) {
	b.WriteByte('{')
	for i, f := range shown(s) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.Name + ":")
		if f.secret() {
			b.WriteString(Hidden)
		} else {
			write(b, f.value)
		}
	}
	b.WriteByte('}')
}

// write writes a value that is not of an unexported field.
func write(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("<nil>")
			return
		}
	}
	switch x := v.Interface().(type) {
	case fmt.Formatter:
		fmt.Fprintf(b, "%+v", x)
		return
	case json.RawMessage, []byte:
		fmt.Fprintf(b, "%d bytes", v.Len())
		return
	case error, fmt.Stringer:
		fmt.Fprint(b, x)
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		write(b, v.Elem())
	case reflect.Pointer, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		b.WriteString(v.Type().String())
	case reflect.Struct:
		writeStruct(b, v)
	case reflect.Slice, reflect.Array:
		writeList(b, v)
	case reflect.Map:
		writeMap(b, v)
	default:
		fmt.Fprint(b, v.Interface())
	}
}

func writeList(b *strings.Builder, v reflect.Value) {
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		write(b, v.Index(i))
	}
	b.WriteByte(']')
}

func writeMap(b *strings.Builder, v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(k, l reflect.Value) int { return cmp.Compare(fmt.Sprint(k), fmt.Sprint(l)) })
	b.WriteString("map[")
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(b, k)
		b.WriteByte(':')
		write(b, v.MapIndex(k))
	}
	b.WriteByte(']')
}
