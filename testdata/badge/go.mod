module example.com/badge

go 1.26.0

require github.com/cardea-auth/cardea v0.0.0

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/cardea-auth/cardea => ../..
