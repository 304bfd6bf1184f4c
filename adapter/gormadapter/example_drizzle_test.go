package gormadapter_test

import (
	"strings"
	"time"
)

// Drizzle names tables as Prisma does, but in lower case.
type Drizzle struct{ Prisma }

// TableName begins with a lower letter.
func (Drizzle) TableName(model string) string { return strings.ToLower(model[:1]) + model[1:] }

// DrizzleSession has no id.
type DrizzleSession struct {
	SessionToken string `gorm:"primaryKey"`
	UserID       string
	Expires      time.Time
}

// TableName is that of Drizzle's adapter.
func (DrizzleSession) TableName() string { return "session" }

// DrizzleAccount has no id.
type DrizzleAccount struct {
	Provider, ProviderAccountID                                        string `gorm:"primaryKey"`
	UserID, Type                                                       string
	RefreshToken, AccessToken, TokenType, Scope, IDToken, SessionState *string
	ExpiresAt                                                          *int64
}

// TableName is that of Drizzle's adapter.
func (DrizzleAccount) TableName() string { return "account" }
