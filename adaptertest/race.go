package adaptertest

import (
	"sync"
	"time"
)

// race runs fn in many goroutines that start together, and returns their errors.
func race(fn func(i int) error) []error {
	var (
		start = make(chan struct{})
		errs  = make([]error, parallel)
		wg    sync.WaitGroup
	)
	for i := range parallel {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// winner checks that exactly one of errs is nil and all others are want. It returns the index of
// the nil, or -1 if there is none.
func (s store) winner(errs []error, want error) int {
	s.t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err != nil:
			s.want("a call that lost the race", err, want)
		case winner >= 0:
			s.t.Errorf("calls %d and %d both succeeded", winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		s.t.Error("no call succeeded")
	}
	return winner
}

// whileDeleting runs read in several goroutines, each once before del starts and then repeatedly
// until del has returned, and reports their errors.
func (s store) whileDeleting(read, del func() error) {
	s.t.Helper()
	var (
		reading, wg sync.WaitGroup
		done        = make(chan struct{})
	)
	for range 8 {
		reading.Add(1)
		wg.Go(func() {
			err := read()
			reading.Done()
			for err == nil {
				select {
				case <-done:
					return
				default:
					err = read()
				}
			}
			s.t.Errorf("read while deleting: %v", err)
		})
	}
	reading.Wait()
	s.want("delete", del(), nil)
	close(done)
	wg.Wait()
}

// returnsInTime fails the test if fn, whose context ends soon, has not returned after three
// seconds.
func (s store) returnsInTime(fn func()) {
	s.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
		s.t.Error("still waits after ctx has ended")
	}
}
