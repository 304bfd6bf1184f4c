package feature

// StoreOf returns what an adapter offers as a T, an interface for a store such as cardea.TokenStore
// or one of a feature's own. If the adapter is not a T itself and has the method Unwrap, which
// returns the adapter inside it, StoreOf asks that one. If there is no T, ok is false.
//
// An adapter in front of another one, such as a cache, has Unwrap. It then needs only the methods
// that it changes, and the other stores of the inner adapter are still found.
func StoreOf[T, A any](adapter A) (store T, ok bool) {
	for {
		if store, ok = any(adapter).(T); ok {
			return store, true
		}
		outer, ok := any(adapter).(interface{ Unwrap() A })
		if !ok {
			return store, false
		}
		adapter = outer.Unwrap()
	}
}
