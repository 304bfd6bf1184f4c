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

// quietLogger keeps values out of the log of the application's connection: ours are tokens and
// addresses.
type quietLogger struct{ logger.Interface }

// ParamsFilter makes GORM log a statement without its values.
func (quietLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// LogMode keeps the wrapper around the logger with another level.
func (l quietLogger) LogMode(level logger.LogLevel) logger.Interface {
	return quietLogger{l.Interface.LogMode(level)}
}

// statementLogger is Options.Debug: each statement with its duration and without its values.
type statementLogger struct{ to *slog.Logger }

func (l statementLogger) LogMode(logger.LogLevel) logger.Interface { return l }

func (l statementLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

func (l statementLogger) Info(ctx context.Context, format string, args ...any) {
	l.to.InfoContext(ctx, fmt.Sprintf(format, args...))
}

func (l statementLogger) Warn(ctx context.Context, format string, args ...any) {
	l.to.WarnContext(ctx, fmt.Sprintf(format, args...))
}

func (l statementLogger) Error(ctx context.Context, format string, args ...any) {
	l.to.ErrorContext(ctx, fmt.Sprintf(format, args...))
}

func (l statementLogger) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	sql, rows := fc()
	attrs := []slog.Attr{slog.String("sql", sql), slog.Duration("duration", time.Since(begin))}
	if rows >= 0 {
		attrs = append(attrs, slog.Int64("rows", rows))
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.to.LogAttrs(ctx, slog.LevelInfo, "sql statement", attrs...)
}
