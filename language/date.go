package language

import (
	"fmt"
	"strconv"
	"time"
)

// Day returns the day of a time, in its location, as the language writes it.
func (t *Texts) Day(at time.Time) string { return t.date("date.day", at) }

// Time returns a time of a day, in its location, as the language writes it.
func (t *Texts) Time(at time.Time) string { return t.date("date.time", at) }

func (t *Texts) date(key string, at time.Time) string {
	parts := t.Parts(key)
	values := t.dateValues(at)
	text := ""
	for _, p := range parts {
		text += p.Text + values[p.Placeholder]
	}
	return text
}

// dateValues are the values of the placeholders of dates: d and m are numbers of one digit or two,
// dd and mm have two digits always.
func (t *Texts) dateValues(at time.Time) map[string]string {
	return map[string]string{
		"d": strconv.Itoa(at.Day()), "dd": fmt.Sprintf("%02d", at.Day()),
		"m": strconv.Itoa(int(at.Month())), "mm": fmt.Sprintf("%02d", at.Month()),
		"month": t.Text("date.month." + strconv.Itoa(int(at.Month()))),
		"year":  strconv.Itoa(at.Year()),
		"time":  at.Format("15:04 MST"),
	}
}
