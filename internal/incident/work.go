package incident

import (
	"time"

	"kulla.dev/internal/country"
)

// Message is one text of the thread between authority and institution.
type Message struct {
	Text   string
	To     string   // Reply: id of the question it answers, or ""
	Stages []string // Answer: stages it answers; none: every one waiting
	Close  bool     // Reply: the question is answered in full
}

// Question is something the authority wants to know.
type Question struct {
	Text   string
	Due    time.Time // zero: without a due
	Formal bool      // an intermediate report in the sense of the law, not only an answer
}

// EntryKind says what an entry of the thread is.
type EntryKind string

// The kinds of entry. Notes are seen by the authority only.
const (
	EntryNote     EntryKind = "note"
	EntryAnswer   EntryKind = "answer"   // of the authority to a report
	EntryQuestion EntryKind = "question" // of the authority
	EntryReply    EntryKind = "reply"    // of the institution
)

// Entry is one entry of the thread.
type Entry struct {
	ID       string
	Kind     EntryKind
	At       time.Time
	By       string
	Org      string
	Text     string
	Due      time.Time // of a question
	Answered time.Time // of a question
	To       string    // question a reply belongs to
}

// Task is something to do on an incident.
type Task struct {
	ID       string
	Text     string       // typed by a person
	Title    country.Text // of a task the law opens
	Key      string       // message key, where the law's task has no title
	Regime   string
	Source   string // id of the law's task
	To       []string
	Perhaps  bool // facts are missing that decide whether it is to be done
	Due      time.Time
	Assignee string
	Done     time.Time
	DoneBy   string
	Outcome  string
	Created  time.Time
}

// TaskDraft is a task a person opens.
type TaskDraft struct {
	Text     string
	Due      time.Time
	Assignee string
}

// LinkKind says how two incidents belong together.
type LinkKind string

// The kinds of link.
const (
	LinkRelated   LinkKind = "related"
	LinkCause     LinkKind = "cause"      // the first led to the second
	LinkSameRoot  LinkKind = "same-root"  // same apparent root cause: counts for recurrence rules
	LinkDuplicate LinkKind = "duplicate"  // the first was merged into the second
	LinkAggregate LinkKind = "aggregated" // handed in together
)

// Linked is another incident this one belongs together with, as far as the
// reader may know of it.
type Linked struct {
	ID     ID
	Number string
	Title  string
	Kind   LinkKind
	Out    bool // this incident is the first of the pair
	At     time.Time
	By     string
	Reason string
}

// Referral is an extract handed to another authority.
type Referral struct {
	ID        string
	Role      string // recipient's role in the pack
	Name      string // recipient
	Regime    string
	Ground    string
	Reference string // the recipient's
	Fields    []string
	Withheld  []string
	Content   []byte // canonical JSON of the extract
	Digest    string
	At        time.Time
	By        string
	Item      string // outbox item; "" when handed over otherwise
}

// ReferralDraft says to whom and why.
type ReferralDraft struct {
	Role    string
	Address string // mail address; "" when handed over otherwise
	Ground  string
	Note    string
	Grounds []string // of withholding, beside those the institution claimed
}

// Handover is the note of one shift to the next with the clocks as they stood.
type Handover struct {
	ID     string
	At     time.Time
	By     string
	To     string
	Text   string
	Clocks []Clock // what was open within the next 24 hours, at that moment
}

// Form is a report in the making, kept for one person.
type Form struct {
	Name    string // of the form: "report", "report:INCIDENT:STAGE"
	Version int
	Content []byte // what the door stored, opaque to this room, ≤ 1 MiB
	Changed time.Time
}

// File is one attachment, without its bytes.
type File struct {
	ID         string
	Incident   ID // "" while it belongs to a draft
	Submission string
	Name       string
	Type       string // media type found by content
	Size       int64
	Digest     string // SHA-256, hexadecimal
	At         time.Time
	By         string
	Dropped    time.Time
}
