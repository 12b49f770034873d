package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kulla.dev/internal/access"
	"kulla.dev/internal/country"
	"kulla.dev/internal/db"
	"kulla.dev/internal/jobs"
	"kulla.dev/internal/regime"
)

// settle writes a changed incident: its log, what follows from it, and the
// jobs that will look at it again. With touch the version counts up; a review
// that only follows the clock leaves it.
func (d *Desk) settle(tx *db.Tx, by access.Actor, s *state, now time.Time, touch bool) error {
	s.result = d.engine.Evaluate(d.kase(s), now)
	d.judge(s)
	rows := d.rows(s)
	turn := turnOf(s, rows)
	s.NextDue, s.NextOwn, s.Overdue = turn.due, turn.own, turn.overdue
	if touch {
		s.Version++
		s.Changed = now
	}
	if err := d.writeIncident(tx, s, turn, now); err != nil {
		return err
	}
	if err := writeWords(tx, s); err != nil {
		return err
	}
	if err := writeLog(tx, s); err != nil {
		return err
	}
	mark, err := d.Access.Mark(tx, s.Mark, now)
	if err != nil {
		return err
	}
	if err := writeObligations(tx, s, rows, d.dayOf(s.Incident.Reported.At), int64(mark), now); err != nil {
		return err
	}
	if err := d.writeCount(tx, s, int64(mark), now); err != nil {
		return err
	}
	if err := writeTasks(tx, s, now); err != nil {
		return err
	}
	return d.schedule(tx, s, now)
}

// judge derives significance and, unless a person said otherwise, the unit.
func (d *Desk) judge(s *state) {
	yes, no, all := 0, 0, 0
	for _, a := range s.result.Regimes {
		if a.State != regime.Applies && a.State != regime.Unsettled {
			continue
		}
		all++
		switch a.Significance.State {
		case regime.Yes:
			yes++
		case regime.No:
			no++
		case regime.Unknown:
		}
	}
	s.Significant = regime.Unknown
	switch {
	case yes > 0:
		s.Significant = regime.Yes
	case all > 0 && no == all:
		s.Significant = regime.No
	}
	if s.UnitBy != "" && s.UnitBy != byRule {
		return
	}
	s.UnitBy = byRule
	switch {
	case s.Kind == regime.Threat:
		s.Unit = UnitEvent
	case s.Kind == regime.NearMiss:
		s.Unit = UnitAttempt
	case s.Kind == regime.Significant && s.Significant == regime.Yes:
		s.Unit = UnitReportable
	default:
		s.Unit = UnitIncident
	}
}

// byRule marks a judgement that follows from the facts and may change with them.
const byRule = "rule"

// row is one derived obligation or duty, as stored.
type row struct {
	regime, stage, kind string
	own                 bool
	state               regime.State
	due, outer, met     time.Time
	binding, optional   bool
	running             bool
	prompt              time.Time // owed without undue delay since then; zero: not so
}

// rows lists what is owed, by whom, from the result and the open questions.
func (d *Desk) rows(s *state) []row {
	var out []row
	for _, o := range s.result.Obligations {
		r := row{regime: o.Regime, stage: o.Stage, kind: string(o.Kind), state: o.State, due: o.Due, outer: o.LegalOuter, met: o.SatisfiedAt,
			binding: o.Verification.Binding(), optional: o.Optional || !o.LegalEffect}
		r.running = o.SatisfiedBy == "" && !o.Due.IsZero() && (o.State == regime.Open || o.State == regime.Late || o.State == regime.HeldState)
		if o.SatisfiedBy == "" && o.State == regime.Late {
			r.state = regime.Open // a clock that ran out is known by its limit, so that rows do not change with time alone
		}
		out = append(out, r)
	}
	for _, o := range s.result.Duties {
		r := row{regime: o.Regime, stage: "duty:" + o.ID, kind: "duty", own: true, state: o.State, due: o.Due, outer: o.Due, met: o.DoneAt, binding: !o.Aim}
		r.running = o.DoneBy == "" && !o.Due.IsZero()
		if r.running && o.State == regime.Late {
			r.state = regime.Open
		}
		if o.DoneBy == "" && o.Due.IsZero() && o.State == regime.Open && d.doable(o) {
			r.prompt = o.Anchor.At
		}
		out = append(out, r)
	}
	for _, q := range s.questions {
		out = append(out, row{regime: "", stage: "question:" + q.ID, kind: "question", state: regime.Open, due: q.Due, outer: q.Due, running: !q.Due.IsZero()})
	}
	if s.Status == StatusMerged || s.Status == StatusWithdrawn {
		for i := range out {
			if out[i].running {
				out[i].state, out[i].running = regime.Closed, false
			}
			out[i].optional = true // no statistic judges it
			out[i].prompt = time.Time{}
		}
	}
	return out
}

// doable says whether a duty's law names the event that meets it: one that is
// never met would keep an incident at the head of the list for ever.
func (d *Desk) doable(o regime.Duty) bool {
	for _, r := range d.Pack.Versions(o.Regime) {
		if slices.ContainsFunc(r.Duties, func(x country.Duty) bool { return x.ID == o.ID && !x.Done.IsZero() }) {
			return true
		}
	}
	return false
}

// turn is what triage sorts by: whose move it is, and until when.
type turn struct {
	live              bool
	who               int // 1 the authority, 2 the institution, 3 no clock runs
	at                time.Time
	regime, stage     string
	binding           bool
	due, own, overdue time.Time
	open              int
}

func turnOf(s *state, rows []row) turn {
	t := turn{who: 3, at: s.Incident.Reported.At, live: !s.Status.Ended()}
	var next *row
	for i := range rows {
		r := &rows[i]
		if !r.running {
			continue
		}
		t.open++
		if r.own {
			t.own = earlier(t.own, r.due)
		} else {
			t.due = earlier(t.due, r.due)
		}
		if r.binding && !r.optional {
			t.overdue = earlier(t.overdue, r.outer)
		}
		if next == nil || r.own && !next.own || r.own == next.own && r.due.Before(next.due) {
			next = r
		}
	}
	var prompt *row
	for i := range rows {
		r := &rows[i]
		// What the authority owes without undue delay comes first, by the moment
		// since which it is owed. What it owes "where possible" waits behind its
		// clocks, and only until somebody has looked: it may never be possible.
		counts := r.binding || s.Status == StatusNew && (next == nil || !next.own)
		if !r.prompt.IsZero() && t.live && counts && (prompt == nil || r.prompt.Before(prompt.prompt)) {
			prompt = r
		}
	}
	if prompt != nil {
		next = prompt
	}
	switch {
	case next == nil:
	case !next.prompt.IsZero():
		t.who, t.at, t.regime, t.stage, t.binding = 1, next.prompt, next.regime, next.stage, next.binding
	default:
		t.live = true
		t.who, t.at, t.regime, t.stage, t.binding = 2, next.due, next.regime, next.stage, next.binding
		if next.own {
			t.who = 1
		}
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (d *Desk) writeIncident(tx *db.Tx, s *state, t turn, now time.Time) error {
	mark, err := d.Access.Mark(tx, s.Mark, now)
	if err != nil {
		return err
	}
	content, err := encode(s.body)
	if err != nil {
		return err
	}
	severity := ""
	if !s.Severity.At.IsZero() {
		if severity, err = encode(s.Severity); err != nil {
			return err
		}
	}
	due, own, overdue := any(nil), any(nil), any(nil)
	for _, v := range []struct {
		to *any
		at time.Time
	}{{&due, t.due}, {&own, t.own}, {&overdue, t.overdue}} {
		if !v.at.IsZero() {
			*v.to = v.at
		}
	}
	common := []any{s.Version, string(s.Kind), s.Institution, s.Reporter, s.Name, s.Title, string(s.Unit), string(s.Status), s.Assignee,
		s.Sector, s.Class, s.Base, int64(mark), int(s.Significant), severity, s.Severity.band(), content, s.Changed, string(s.MergedInto),
		t.live, t.who, t.at, t.regime, t.stage, t.binding, due, own, overdue, t.open}
	if !s.fresh {
		_, err = tx.Exec(`UPDATE incident_incident SET version = ?, kind = ?, owner_id = ?, reporter_id = ?, name = ?, title = ?, unit = ?, status = ?,
			assignee = ?, sector = ?, class = ?, base = ?, mark_id = ?, significant = ?, severity = ?, band = ?, content = ?, changed_at = ?, merged_into = ?,
			live = ?, turn = ?, turn_at = ?, turn_regime = ?, turn_stage = ?, turn_binding = ?, next_due = ?, next_own = ?, overdue_at = ?, open_clocks = ?
			WHERE id = ?`, append(common, string(s.ID))...)
		return err
	}
	s.fresh = false
	_, err = tx.Exec(`INSERT INTO incident_incident (version, kind, owner_id, reporter_id, name, title, unit, status, assignee, sector, class, base, mark_id,
		significant, severity, band, content, changed_at, merged_into, live, turn, turn_at, turn_regime, turn_stage, turn_binding, next_due, next_own, overdue_at,
		open_clocks, id, number, victim_id, group_id, exercise, speed, reported_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append(common, string(s.ID), s.Number, s.Victim.ID, s.Group, s.Exercise, s.Speed, s.Incident.Reported.At, s.Created)...)
	return err
}

type storedRow struct {
	row
	from int64
}

func scanRow(s db.Scanner) (r storedRow, err error) {
	var own, binding, optional, running int
	var due, outer, met db.NullTime
	if err := s.Scan(&r.regime, &r.stage, &r.from, &own, &r.kind, &r.state, &due, &outer, &met, &binding, &optional, &running); err != nil {
		return r, err
	}
	r.own, r.binding, r.optional, r.running = own != 0, binding != 0, optional != 0, running != 0
	r.due, r.outer, r.met = due.Time, outer.Time, met.Time
	return r, nil
}

const rowColumns = `regime, stage, rec_from, own, kind, state, due, outer_due, met_at, binding, optional, running`

// writeObligations closes the rows that no longer hold and writes the new ones.
func writeObligations(tx *db.Tx, s *state, rows []row, day int, mark int64, now time.Time) error {
	old, err := db.All(tx, scanRow, `SELECT `+rowColumns+` FROM incident_obligation WHERE incident_id = ? AND rec_to = ?`, string(s.ID), int64(forever))
	if err != nil {
		return err
	}
	at := db.Micros(now)
	have := map[string]storedRow{}
	for _, o := range old {
		have[o.regime+"/"+o.stage] = o
	}
	for _, r := range rows {
		key := r.regime + "/" + r.stage
		o, ok := have[key]
		delete(have, key)
		if ok && o.row.same(r) {
			continue
		}
		if ok {
			if err := endRow(tx, s.ID, o, at); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`INSERT INTO incident_obligation (incident_id, regime, stage, rec_from, rec_to, own, kind, state, due, outer_due, met_at,
			binding, optional, running, exercise, day, mark_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			string(s.ID), r.regime, r.stage, at, int64(forever), r.own, r.kind, string(r.state), r.due, r.outer, r.met,
			r.binding, r.optional, r.running, s.Exercise, day, mark); err != nil {
			return err
		}
	}
	for _, o := range have {
		if err := endRow(tx, s.ID, o, at); err != nil {
			return err
		}
	}
	return nil
}

// endRow says that a row no longer holds; one that held for no time at all is
// taken away.
func endRow(tx *db.Tx, id ID, o storedRow, at int64) error {
	if o.from >= at {
		_, err := tx.Exec(`DELETE FROM incident_obligation WHERE incident_id = ? AND regime = ? AND stage = ? AND rec_from = ?`, string(id), o.regime, o.stage, o.from)
		return err
	}
	_, err := tx.Exec(`UPDATE incident_obligation SET rec_to = ? WHERE incident_id = ? AND regime = ? AND stage = ? AND rec_from = ?`, at, string(id), o.regime, o.stage, o.from)
	return err
}

func (r row) same(o row) bool {
	return r.state == o.state && r.due.UnixMicro() == o.due.UnixMicro() && r.outer.UnixMicro() == o.outer.UnixMicro() && r.met.UnixMicro() == o.met.UnixMicro() &&
		r.binding == o.binding && r.optional == o.optional && r.running == o.running && r.kind == o.kind && r.own == o.own
}

// writeTasks opens the tasks the law asks for; one opened stays, whatever
// becomes of its reason.
func writeTasks(tx *db.Tx, s *state, now time.Time) error {
	if len(s.result.Tasks) == 0 {
		return nil
	}
	have, err := db.All(tx, db.Scalar[string], `SELECT source FROM incident_task WHERE incident_id = ? AND source IS NOT NULL`, string(s.ID))
	if err != nil {
		return err
	}
	for _, t := range s.result.Tasks {
		source := t.Regime + "/" + t.ID
		if t.State != regime.Yes || slices.Contains(have, source) {
			continue
		}
		content, err := encode(Task{Title: t.Title, Key: t.Key, Regime: t.Regime, Source: source, To: t.To})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO incident_task (id, incident_id, source, content, assignee, done_by, created_at) VALUES (?, ?, ?, ?, '', '', ?)`,
			db.NewID(now), string(s.ID), source, content, now); err != nil {
			return err
		}
	}
	return nil
}

// schedule enqueues the reminders that are to come, and the next look at the
// incident at which something changes by the clock alone.
func (d *Desk) schedule(tx *db.Tx, s *state, now time.Time) error {
	if s.Status == StatusMerged || s.Status == StatusWithdrawn {
		return nil
	}
	for _, r := range d.reminders(s) {
		at := r.times(now)
		for _, t := range at {
			r.At = t.UnixMicro()
			if _, err := jobs.Enqueue(tx, RemindJob, r.key(), r.remindArgs, t, now); err != nil {
				return err
			}
		}
	}
	if next := s.result.Next; !next.IsZero() {
		if _, err := jobs.Enqueue(tx, ReviewJob, fmt.Sprintf("%s/%d", s.ID, next.UnixMicro()), s.ID, next, now); err != nil {
			return err
		}
	}
	d.wake(tx)
	return nil
}

// remindArgs are the arguments of a reminder job; together they are its key.
type remindArgs struct {
	Incident ID
	Regime   string
	Stage    string
	Due      int64 // microseconds; 0: the event it waits for has not happened
	At       int64
	Own      bool
}

func (a remindArgs) key() string {
	return strings.Join([]string{string(a.Incident), a.Regime, a.Stage, fmt.Sprint(a.Due), fmt.Sprint(a.At)}, "/")
}

type reminder struct {
	remindArgs
	all []time.Time
}

// times leaves of the instants those to come and the last one passed: a clock
// that began late still reminds once.
func (r reminder) times(now time.Time) []time.Time {
	i := len(r.all)
	for i > 0 && r.all[i-1].After(now) {
		i--
	}
	if i > 0 && r.Due > now.UnixMicro() {
		i--
	}
	return r.all[i:]
}

// ownReminders are how long before the authority's own duty, and before a
// question's due, somebody is reminded.
func ownReminders() []time.Duration { return []time.Duration{4 * time.Hour, time.Hour, 0} }

// reminders lists the instants at which somebody is to be reminded: those of
// the regimes, and the due itself where it is a duty of the authority's own.
func (d *Desk) reminders(s *state) []reminder {
	var out []reminder
	due := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMicro()
	}
	for _, o := range s.result.Obligations {
		if len(o.Reminders) > 0 && o.SatisfiedBy == "" && !o.Optional {
			out = append(out, reminder{remindArgs{Incident: s.ID, Regime: o.Regime, Stage: o.Stage, Due: due(o.Due)}, o.Reminders})
		}
	}
	before := func(regime, stage string, at time.Time, own bool) {
		r := reminder{remindArgs: remindArgs{Incident: s.ID, Regime: regime, Stage: stage, Due: due(at), Own: own}}
		for _, b := range ownReminders() {
			if s.Exercise && s.Speed > 1 {
				b = time.Duration(float64(b) / s.Speed)
			}
			r.all = append(r.all, at.Add(-b))
		}
		out = append(out, r)
	}
	for _, o := range s.result.Duties {
		if o.DoneBy == "" && !o.Due.IsZero() {
			before(o.Regime, "duty:"+o.ID, o.Due, true)
		}
	}
	for _, q := range s.questions {
		if !q.Due.IsZero() {
			before("", "question:"+q.ID, q.Due, false)
		}
	}
	return out
}

// title names a stage of a regime in the reader's language.
func (d *Desk) title(s *state, regimeID, stage, lang string) string {
	for _, o := range s.result.Obligations {
		if o.Regime == regimeID && o.Stage == stage {
			return o.Title.In(lang)
		}
	}
	for _, o := range s.result.Duties {
		if o.Regime == regimeID && "duty:"+o.ID == stage {
			return o.Title.In(lang)
		}
	}
	return ""
}

// baseOf maps the first code to the base taxonomy: itself, or what the pack's
// table says.
func (d *Desk) baseOf(codes []Code) string {
	for _, c := range codes {
		t, ok := d.Pack.Taxonomy(c.Scheme)
		if !ok {
			continue
		}
		if t.Base == "" {
			return c.Code
		}
		i := slices.IndexFunc(t.Maps, func(m country.TaxonMap) bool { return m.From == c.Code })
		if i >= 0 {
			return t.Maps[i].To
		}
	}
	return ""
}
