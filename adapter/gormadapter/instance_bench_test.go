package gormadapter_test

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// Visits of a site with one instance and with three, on one database server. A visit is a sign-in,
// a read of the session, and in every third a sign-out.
func BenchmarkInstances(b *testing.B) {
	for _, count := range []int{1, 3} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			idp, o := loadIssuer(b), mariaDB(b)
			openOn(b, o)
			var instances []*instance
			for range count {
				instances = append(instances, newInstance(b, "mariadb", o.DSN, idp))
			}
			l := newLoad(b, instances)
			var next atomic.Int64
			b.SetParallelism(3)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.visit(int(next.Add(1)))
				}
			})
			if len(l.wrong) > 0 || l.unavailable.Load() > 0 {
				b.Fatalf("%d visits were not answered, %d wrongly", l.unavailable.Load(), len(l.wrong))
			}
		})
	}
}
