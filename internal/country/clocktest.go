package country

// ClockTest is one test a pack brings for its own clocks.
type ClockTest struct {
	Name     string         `yaml:"name" need:"y"`
	Regime   string         `yaml:"regime" need:"y"`
	Zone     string         `yaml:"zone"`     // default: the pack's
	Calendar string         `yaml:"calendar"` // default: the pack's
	Now      string         `yaml:"now"`      // default: the last moment named
	Entity   TestEntity     `yaml:"entity"`
	Facts    map[string]any `yaml:"facts"`
	Kind     string         `yaml:"kind"` // significant (default) | voluntary | near_miss | threat
	Events   []TestEvent    `yaml:"events" need:"y"`
	Expect   []Expectation  `yaml:"expect" need:"y"`
	Source   string         `yaml:"source"`
	Pack     string         `yaml:"-"` // folder it came from
}

// TestEntity is who reports, in a clock test.
type TestEntity struct {
	Kinds  []string       `yaml:"kinds"`
	Class  string         `yaml:"class"`
	Sector string         `yaml:"sector"`
	Facts  map[string]any `yaml:"facts"`
}

// TestEvent is one event, in a clock test. At is "2026-03-27 22:30" in the
// test's zone or RFC 3339.
type TestEvent struct {
	Kind  EventKind `yaml:"event" need:"y"`
	Stage string    `yaml:"stage"`
	At    string    `yaml:"at" need:"y"`
	Due   string    `yaml:"due"`
	Role  string    `yaml:"role"`
	Until string    `yaml:"until"`
	Why   string    `yaml:"reason"`
	By    string    `yaml:"by"`
}

// Expectation is what a stage must show; an empty field is not looked at.
type Expectation struct {
	Stage   string `yaml:"stage"`
	Duty    string `yaml:"duty"`
	State   string `yaml:"state" enum:"pending-event|open|met|late|replaced|closed|held|suspended|absent"`
	Due     string `yaml:"due"`
	Outer   string `yaml:"outer"`
	Flag    string `yaml:"flag"` // a warning that must be there
	Applies string `yaml:"applies" enum:"applies|suppressed|not-applicable|not-concerned|unknown"`
}
