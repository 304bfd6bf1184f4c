package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Object decodes a JSON object, with numbers as [json.Number]. Anything else is an error, as is
// text behind the object. Errors do not quote the body. See [Decode] for control characters.
func Object(body []byte) (map[string]any, error) {
	var v map[string]any
	if err := Decode(body, &v); err != nil || v == nil {
		return nil, errors.New("answer is not a JSON object")
	}
	return v, nil
}

// Objects decodes a JSON array of objects, with numbers as [json.Number]. Anything else is an
// error. Errors do not quote the body. See [Decode] for control characters.
func Objects(body []byte) ([]map[string]any, error) {
	var v []map[string]any
	if err := Decode(body, &v); err != nil || v == nil {
		return nil, errors.New("answer is not a JSON array of objects")
	}
	return v, nil
}

// Decode decodes exactly one JSON value into v, with numbers as [json.Number] where v leaves the
// type open.
//
// Control characters that stand unescaped in a string value are dropped. RFC 8259 § 7 forbids them,
// but some services copy names that people typed into their JSON as they are. Such a body is read
// twice; any other body only once. Everything else that JSON forbids is an error.
func Decode(body []byte, v any) error {
	err := decodeOne(body, v)
	if err == nil {
		return nil
	}
	if clean, dropped := dropControls(body); dropped {
		return decodeOne(clean, v)
	}
	return err
}

func decodeOne(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the value")
	}
	return nil
}
