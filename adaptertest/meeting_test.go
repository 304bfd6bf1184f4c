package adaptertest_test

import (
	"sync"
	"time"
)

// meeting is the place between reading and writing of an adapter that does both in two steps.
// Callers about the same row meet there in pairs, so that two of them have read before one writes,
// however busy the machine is.
type meeting struct {
	mu    sync.Mutex
	rooms map[string]chan struct{} // by the row
}

func newMeeting() *meeting { return &meeting{rooms: map[string]chan struct{}{}} }

// wait returns when another caller about the row waits too. A caller that is alone goes on after a
// while, as most promises of an adapter are tested with one caller.
func (m *meeting) wait(row string) {
	room := m.room(row)
	alone := time.NewTimer(20 * time.Millisecond)
	defer alone.Stop()
	select {
	case room <- struct{}{}:
	case <-room:
	case <-alone.C:
	}
}

func (m *meeting) room(row string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rooms[row] == nil {
		m.rooms[row] = make(chan struct{})
	}
	return m.rooms[row]
}
