package gormadapter

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// parameterizedLogger logs statements without their values, because the adapter's values are tokens
// and e-mail addresses. It wraps the logger of the application's connection.
type parameterizedLogger struct{ logger.Interface }

// ParamsFilter makes GORM log a statement without its values.
func (parameterizedLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// LogMode returns the logger with another level. It still logs no values.
func (l parameterizedLogger) LogMode(level logger.LogLevel) logger.Interface {
	return parameterizedLogger{l.Interface.LogMode(level)}
}

// Info logs a message from GORM without its arguments, which may be values.
func (l parameterizedLogger) Info(ctx context.Context, format string, _ ...any) {
	l.Interface.Info(ctx, "%s", format)
}

// Warn logs a warning from GORM without its arguments.
func (l parameterizedLogger) Warn(ctx context.Context, format string, _ ...any) {
	l.Interface.Warn(ctx, "%s", format)
}

// Error logs an error from GORM without its arguments.
func (l parameterizedLogger) Error(ctx context.Context, format string, _ ...any) {
	l.Interface.Error(ctx, "%s", format)
}

// Trace logs a statement that has run, and its error without values.
func (l parameterizedLogger) Trace(
	ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error,
) {
	l.Interface.Trace(ctx, begin, fc, errorClassifier{}.withoutValues(err))
}

// gormsLogger is GORM's default logger, which prints colored lines to stdout.
var gormsLogger = logger.Default

// slowStatement is how long a statement takes at least that GORM's default logger calls slow.
const slowStatement = 200 * time.Millisecond

// loggerFor returns the logger of the adapter's statements on the application's connection. If the
// application has chosen none for GORM, it is slog.Default(), and gets only slow statements: errors
// are returned, and the application or Cardea logs them.
func loggerFor(db *gorm.DB) logger.Interface {
	if db.Logger == gormsLogger {
		return statementLogger{logger: slog.Default(), slowOnly: true}
	}
	return parameterizedLogger{db.Logger}
}

// statementLogger logs statements with their duration and without their values.
type statementLogger struct {
	logger   *slog.Logger
	slowOnly bool // not set for Options.Debug
}

// LogMode returns the logger unchanged.
func (l statementLogger) LogMode(logger.LogLevel) logger.Interface { return l }

// ParamsFilter makes GORM log a statement without its values.
func (l statementLogger) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Info logs a message from GORM without its arguments, which may be values.
func (l statementLogger) Info(ctx context.Context, format string, _ ...any) {
	l.logger.InfoContext(ctx, format)
}

// Warn logs a warning from GORM without its arguments.
func (l statementLogger) Warn(ctx context.Context, format string, _ ...any) {
	l.logger.WarnContext(ctx, format)
}

// Error logs an error from GORM without its arguments.
func (l statementLogger) Error(ctx context.Context, format string, _ ...any) {
	l.logger.ErrorContext(ctx, format)
}

// Trace logs a statement that has run, and its error without values.
func (l statementLogger) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	if l.slowOnly && time.Since(begin) < slowStatement {
		return
	}
	sql, rows := fc()
	attrs := []any{slog.String("sql", sql), slog.Duration("duration", time.Since(begin))}
	if rows >= 0 {
		attrs = append(attrs, slog.Int64("rows", rows))
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		attrs = append(attrs, slog.String("error", errorClassifier{}.withoutValues(err).Error()))
	}
	if l.slowOnly {
		l.logger.WarnContext(ctx, "slow sql statement", attrs...)
		return
	}
	l.logger.InfoContext(ctx, "sql statement", attrs...)
}
