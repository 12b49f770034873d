package country

// Finding is one thing a check of a pack noticed.
type Finding struct {
	Level string // error | warning | notice
	Where string // "regime eu.nis2 stage final", "tests/clocks.yaml"
	Key   string // message key, "country.check.missing-text"
	Args  []any
	Text  string // the same in English, for the command line
}

// The levels of a finding: an error makes "kulla pack check" fail.
const (
	LevelError   = "error"
	LevelWarning = "warning"
	LevelNotice  = "notice"
)
