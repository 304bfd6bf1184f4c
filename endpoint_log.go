package cardea

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/ratelimit"
)

// reportLimit limits the reports of all browsers together that one process logs.
var reportLimit = ratelimit.Rate{Count: 10, Within: time.Minute}

var (
	reportLevels      = []string{"error", "warn", "debug"}
	reportCodePattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

const maxReportCode = 64 // bytes

// postLog accepts what the client of next-auth 4 reports from a browser. Anybody can send a report.
// So only a level and a code of a known form are logged, as text, at the level info, and only a few
// a minute.
func postLog(e *exchange) error {
	level, code := e.form["level"], e.form["code"]
	isCode := len(code) <= maxReportCode && reportCodePattern.MatchString(code)
	if !slices.Contains(reportLevels, level) || !isCode {
		level, code = "unknown", "unknown"
	}
	if (sender{e}).sameOrigin() && e.auth.counter.mayLog("report", reportLimit, e.now) {
		e.auth.log.LogAttrs(e.r.Context(), slog.LevelInfo, "cardea: reported by a browser",
			slog.String("reported", level), slog.String("code", code))
	}
	e.jar.Write(e.w.Header())
	e.w.WriteHeader(http.StatusOK)
	return nil
}
