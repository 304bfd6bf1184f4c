package gormadapter

// NewUUID is for benchmarks, whose rows have the same IDs as the adapter's.
var NewUUID = newUUID
