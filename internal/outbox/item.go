package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"kulla.dev/internal/db"
	"kulla.dev/internal/marking"
)

// State of an item; see the package comment.
type State string

// The states.
const (
	Proposed  State = "proposed"
	Approved  State = "approved"
	Claimed   State = "claimed"
	Handing   State = "handing"
	Sent      State = "sent"
	Uncertain State = "uncertain"
	Failed    State = "failed"
	Rejected  State = "rejected"
)

// Item is one act that leaves the house.
type Item struct {
	ID       string
	Kind     string // room.verb, for example "incident.receipt"
	Key      string // unique within the kind
	Channel  string // "mail"
	State    State
	Exercise bool
	Mark     marking.Marking
	Org      string // institution it goes to, "" for none
	Address  string // mail address
	Subject  string
	Content  Content
	Digest   string // SHA-256 of subject and content, hexadecimal
	Object   string // what it is about
	ObjectID string
	Reason   string // the release decision

	ProposedBy string
	ProposedAt time.Time
	ApprovedBy string
	ApprovedAt time.Time
	Attempts   int
	SentAt     time.Time
	Receipt    string // what the other side answered
	Error      string // of the last attempt
}

// Content is what is handed over, already in the recipient's language.
type Content struct {
	Text        string       `json:"text"`
	HTML        string       `json:"html,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"` // media type
	Data []byte `json:"data"`
}

func (it Item) digest() string {
	b, _ := json.Marshal(struct {
		To, Subject string
		Content     Content
	}{it.Address, it.Subject, it.Content})
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

const columns = `id, kind, unique_key, channel, state, exercise, mark, org, address, subject, content, digest, object, object_id,
	reason, proposed_by, proposed_at, approved_by, approved_at, attempts, sent_at, receipt, last_error`

func scan(s db.Scanner) (it Item, err error) {
	var mark, content string
	var exercise int
	var approvedBy, receipt, last db.NullString
	var proposedAt, approvedAt, sentAt db.NullTime
	if err := s.Scan(&it.ID, &it.Kind, &it.Key, &it.Channel, &it.State, &exercise, &mark, &it.Org, &it.Address, &it.Subject,
		&content, &it.Digest, &it.Object, &it.ObjectID, &it.Reason, &it.ProposedBy, &proposedAt, &approvedBy, &approvedAt,
		&it.Attempts, &sentAt, &receipt, &last); err != nil {
		return it, err
	}
	it.Exercise = exercise != 0
	it.ProposedAt, it.ApprovedBy, it.ApprovedAt = proposedAt.Time, approvedBy.String, approvedAt.Time
	it.SentAt, it.Receipt, it.Error = sentAt.Time, receipt.String, last.String
	if it.Mark, err = marking.Parse(mark); err != nil {
		return it, err
	}
	return it, json.Unmarshal([]byte(content), &it.Content)
}
