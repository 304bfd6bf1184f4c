package expiring

import (
	"math/bits"
	"time"
)

const (
	digits    = 6 // of a second
	digitBits = 6 // so that a word has one bit for each value of a digit

	lastSecond = 1<<(digits*digitBits) - 1 // since 1970: in the year 4147
)

// queue has entries in the order in which they expire. Those that expire within the same second are
// in the order in which they were added.
//
// It is a tree. Its leaves are seconds, and its inner nodes have 64 children at most. A node says
// in the bits of one word which children it has. So each call takes six steps at most, however many
// entries there are and whatever the clock says. Seconds before 1970 count as 1970, and those after
// 4147 as 4147.
//
// The zero value is empty and ready to use.
type queue struct {
	seconds map[int64]*list
	nodes   [digits]map[int64]uint64 // which children a node has, by the digits above it
	first   *list                    // of the earliest second, nil if the queue is empty
	length  int
}

// list is a doubly linked list of the entries of one second.
type list struct{ first, last *entry }

type entry struct {
	id             string
	until          time.Time
	previous, next *entry
}

func (e *entry) second() int64 { return min(max(e.until.Unix(), 0), lastSecond) }

// add adds an entry.
func (q *queue) add(e *entry) {
	second := e.second()
	l := q.seconds[second]
	if l == nil {
		l = q.addSecond(second)
	}
	if e.previous = l.last; e.previous == nil {
		l.first = e
	} else {
		e.previous.next = e
	}
	l.last = e
	q.length++
}

// remove removes an entry.
func (q *queue) remove(e *entry) {
	second := e.second()
	l := q.seconds[second]
	if e.previous == nil {
		l.first = e.next
	} else {
		e.previous.next = e.next
	}
	if e.next == nil {
		l.last = e.previous
	} else {
		e.next.previous = e.previous
	}
	e.previous, e.next = nil, nil
	q.length--
	if l.first == nil {
		q.removeSecond(second)
	}
}

// addSecond adds the list of a second that has none.
func (q *queue) addSecond(second int64) *list {
	if q.seconds == nil {
		q.seconds = map[int64]*list{}
		for i := range q.nodes {
			q.nodes[i] = map[int64]uint64{}
		}
	}
	l := &list{}
	q.seconds[second] = l
	for i, key := 0, second; i < digits; i++ {
		child := key & (1<<digitBits - 1)
		key >>= digitBits
		children := q.nodes[i][key]
		q.nodes[i][key] = children | 1<<child
		if children != 0 { // the nodes above know this one
			break
		}
	}
	if q.first == nil || second < q.first.first.second() {
		q.first = l
	}
	return l
}

// removeSecond removes the list of a second, which is empty.
func (q *queue) removeSecond(second int64) {
	isFirst := q.seconds[second] == q.first
	delete(q.seconds, second)
	for i, key := 0, second; i < digits; i++ {
		child := key & (1<<digitBits - 1)
		key >>= digitBits
		children := q.nodes[i][key] &^ (1 << child)
		if children != 0 {
			q.nodes[i][key] = children
			break
		}
		delete(q.nodes[i], key)
	}
	if isFirst {
		q.first = q.earliest()
	}
}

// earliest returns the list of the earliest second.
func (q *queue) earliest() *list {
	if len(q.seconds) == 0 {
		return nil
	}
	second := int64(0)
	for i := digits - 1; i >= 0; i-- {
		second = second<<digitBits | int64(bits.TrailingZeros64(q.nodes[i][second]))
	}
	return q.seconds[second]
}
