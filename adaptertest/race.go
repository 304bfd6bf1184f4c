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

// winner wants exactly one nil among errs, and want for all others. It returns the place of the
// nil, or -1.
func (s store) winner(errs []error, want error) int {
	s.t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err != nil:
			s.want("one who came too late", err, want)
		case winner >= 0:
			s.t.Errorf("%d and %d both won", winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		s.t.Error("nobody won")
	}
	return winner
}

// whileDeleting runs read in goroutines of which each has read once before del starts and reads
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

// returns gives up on fn, whose ctx ends soon, after three seconds.
func (s store) returns(fn func()) {
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
