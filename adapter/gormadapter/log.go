package gormadapter

import (
	"context"
	"errors"
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

// Info logs a message of GORM's without its arguments, which may be values.
func (l quietLogger) Info(ctx context.Context, format string, _ ...any) {
	l.Interface.Info(ctx, "%s", format)
}

// Warn logs a warning of GORM's without its arguments.
func (l quietLogger) Warn(ctx context.Context, format string, _ ...any) {
	l.Interface.Warn(ctx, "%s", format)
}

// Error logs an error of GORM's without its arguments.
func (l quietLogger) Error(ctx context.Context, format string, _ ...any) {
	l.Interface.Error(ctx, "%s", format)
}

// Trace logs a statement that has run, and its error without values.
func (l quietLogger) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	l.Interface.Trace(ctx, begin, fc, errorClassifier{}.withoutValues(err))
}

// statementLogger logs each statement with its duration and without its values, for Options.Debug.
type statementLogger struct{ logger *slog.Logger }

// LogMode returns the same logger: Options.Debug logs every statement.
func (l statementLogger) LogMode(logger.LogLevel) logger.Interface { return l }

// ParamsFilter makes GORM log a statement without its values.
func (l statementLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Info logs a message of GORM's without its arguments, which may be values.
func (l statementLogger) Info(ctx context.Context, format string, _ ...any) {
	l.logger.InfoContext(ctx, format)
}

// Warn logs a warning of GORM's without its arguments.
func (l statementLogger) Warn(ctx context.Context, format string, _ ...any) {
	l.logger.WarnContext(ctx, format)
}

// Error logs an error of GORM's without its arguments.
func (l statementLogger) Error(ctx context.Context, format string, _ ...any) {
	l.logger.ErrorContext(ctx, format)
}

// Trace logs a statement that has run, and its error without values.
func (l statementLogger) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	sql, rows := fc()
	attrs := []slog.Attr{slog.String("sql", sql), slog.Duration("duration", time.Since(begin))}
	if rows >= 0 {
		attrs = append(attrs, slog.Int64("rows", rows))
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		attrs = append(attrs, slog.String("error", errorClassifier{}.withoutValues(err).Error()))
	}
	l.logger.LogAttrs(ctx, slog.LevelInfo, "sql statement", attrs...)
}
