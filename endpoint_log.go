package cardea

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// reportLimit is how much browsers can have logged, all of them together in one process.
var reportLimit = Limit{Count: 10, Within: time.Minute}

var (
	reportLevels      = []string{"error", "warn", "debug"}
	reportCodePattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
)

// postLog takes what the client of next-auth 4 reports from a browser. Anybody can send it: so the
// log gets no more than a level and a code, under a level that is not the sender's choice, and few
// of them.
func (v *exchange) postLog() error {
	level, code := v.form["level"], v.form["code"]
	if !slices.Contains(reportLevels, level) || !reportCodePattern.MatchString(code) {
		level, code = "unknown", "unknown"
	}
	if v.sameOrigin() && v.auth.reports.allow("", v.now) {
		v.auth.log.LogAttrs(v.r.Context(), slog.LevelInfo, "cardea: reported by a browser",
			slog.String("reported", level), slog.String("code", code))
	}
	v.jar.Write(v.w.Header())
	v.w.WriteHeader(http.StatusOK)
	return nil
}
