// The declarations that the code of README.md uses but does not contain.
package main

import (
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

var db *gorm.DB

type VeryImportantEntity struct{}
