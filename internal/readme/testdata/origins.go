// The declarations that the code of docs/origins.md uses but does not contain.
package main

import "github.com/cardea-auth/cardea"
