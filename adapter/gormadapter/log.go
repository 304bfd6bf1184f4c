package gormadapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// quietLogger keeps values out of the log of the application's connection: the adapter's values are
// tokens and addresses.
type quietLogger struct{ logger.Interface }

// ParamsFilter makes GORM log a statement without its values.
func (quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// LogMode returns the logger with another level, still without values.
func (l quietLogger) LogMode(level logger.LogLevel) logger.Interface {
	return quietLogger{l.Interface.LogMode(level)}
}

// statementLogger logs each statement with its duration and without its values, for Options.Debug.
type statementLogger struct{ logger *slog.Logger }

// LogMode returns the same logger: Options.Debug logs every statement.
func (l statementLogger) LogMode(logger.LogLevel) logger.Interface { return l }

// ParamsFilter makes GORM log a statement without its values.
func (l statementLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Info logs a message of GORM's.
func (l statementLogger) Info(ctx context.Context, format string, args ...any) {
	l.logger.InfoContext(ctx, fmt.Sprintf(format, args...))
}

// Warn logs a warning of GORM's.
func (l statementLogger) Warn(ctx context.Context, format string, args ...any) {
	l.logger.WarnContext(ctx, fmt.Sprintf(format, args...))
}

// Error logs an error of GORM's.
func (l statementLogger) Error(ctx context.Context, format string, args ...any) {
	l.logger.ErrorContext(ctx, fmt.Sprintf(format, args...))
}

// Trace logs a statement that has run.
func (l statementLogger) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	sql, rows := fc()
	attrs := []slog.Attr{slog.String("sql", sql), slog.Duration("duration", time.Since(begin))}
	if rows >= 0 {
		attrs = append(attrs, slog.Int64("rows", rows))
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.logger.LogAttrs(ctx, slog.LevelInfo, "sql statement", attrs...)
}
