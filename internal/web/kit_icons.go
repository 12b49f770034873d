package web

// icons are drawn on a 20 by 20 grid with a 1.75 stroke.
var icons = map[string]string{
	"menu":    "M3 5.5h14M3 10h14M3 14.5h14",
	"search":  "M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12M13.5 13.5 17 17",
	"user":    "M10 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3.5 17c.8-3 3.4-4.5 6.5-4.5s5.7 1.5 6.5 4.5",
	"down":    "M5.5 8 10 12.5 14.5 8",
	"right":   "M8 5.5 12.5 10 8 14.5",
	"left":    "M12 5.5 7.5 10l4.5 4.5",
	"good":    "M4.5 10.5 8.5 14.5 15.5 6",
	"bad":     "M5.5 5.5l9 9M14.5 5.5l-9 9",
	"warn":    "M10 3.2 17.5 16.5h-15zM10 8.2v3.8M10 14.2v.1",
	"info":    "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M10 9.3v4.4M10 6.3v.1",
	"late":    "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M10 5.8V10M10 13.6v.1",
	"due":     "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15M10 5.8V10l3 2",
	"open":    "M10 15.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11",
	"paused":  "M7.2 5.5v9M12.8 5.5v9",
	"waived":  "M5 10h10",
	"light":   "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M15.8 4.2l-1.2 1.2M5.4 14.6l-1.2 1.2",
	"dark":    "M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12",
	"device":  "M10 16.8a6.8 6.8 0 1 0 0-13.6 6.8 6.8 0 0 0 0 13.6M10 3.2v13.6",
	"copy":    "M7.5 7.5h8v9h-8zM12.5 7.5v-4h-8v9h3",
	"close":   "M5.5 5.5l9 9M14.5 5.5l-9 9",
	"up":      "M5.5 12 10 7.5 14.5 12",
	"keys":    "M2.5 5.5h15v9h-15zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.5h7",
	"empty":   "M3 11.5 5 4.5h10l2 7v4.5H3zM3 11.5h4l1 2h4l1-2h4",
	"exit":    "M8 3.5H4v13h4M8 10h9M13.5 6.5 17 10l-3.5 3.5",
	"neutral": "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5",
}

// tower is the desk's mark: a kulla with its battlement and gate.
const tower = "M2 23V7h2V3h3v4h2V3h2v4h2V3h3v4h2v16h-6v-6a2 2 0 0 0-4 0v6z"

// toneIcon names the shape that stands beside a tone's colour.
func toneIcon(t Tone) string {
	if t == Neutral {
		return "neutral"
	}
	return string(t)
}

// severityBars are the heights of a severity mark's five bars.
var severityBars = [5]struct{ X, Y, H string }{
	{"1", "12", "4"}, {"5", "9.5", "6.5"}, {"9", "7", "9"}, {"13", "4", "12"}, {"17", "1", "15"},
}
