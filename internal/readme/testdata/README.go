// What stands around the code of README.md.
package main

import (
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

var db *gorm.DB

type VeryImportantEntity struct{}
