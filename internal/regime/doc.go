// Package regime is the engine of the legal clocks: a graph of events, not a
// list of offsets.
//
// Given the regimes of a country pack, who reports, what is known of the
// incident, and the append-only log of what happened, [Engine.Evaluate] says
// which regimes apply and why, whether their thresholds are met and which
// facts are missing, what is owed to whom by when, and what the authority
// itself owes.
//
//	e := regime.New(pack)
//	res := e.Evaluate(regime.Case{Entity: …, Incident: …, Events: …}, now)
//	for _, o := range res.Obligations { fmt.Println(o.Regime, o.Stage, o.State, o.Due) }
//
// # What is always true
//
//   - It is pure: the same case and now give the same result, to the byte of
//     its JSON. Nothing is kept; everything is derived again.
//   - An event added later never moves the due of a stage already met: a met
//     stage is judged on what had happened when it was submitted. Only a
//     correction (an event that supersedes another) may.
//   - Hours are elapsed time. Days and months are civil in the zone the
//     regime declares.
//   - Answers are three-valued. What is not known is never taken for no.
//   - A limit that is not verified warns and never becomes a breach.
//   - A stage, once opened by facts or a recorded judgement, is closed only by
//     a recorded act.
//
// # Stable signatures
//
//	New(p *country.Pack) *Engine
//	(*Engine).Evaluate(c Case, now time.Time) Result
//	(*Engine).Regimes(on country.Date) []*country.Regime
//	(*Engine).Periodic(now time.Time) []Duty        duties of the calendar, not of one incident
//	(*Engine).Score(in map[string]string) Score     national severity
//	Ask(p *country.Pack, r Result, kinds ...country.StageKind) []Question   each shared field once
//	Withhold(r *country.Regime, grounds []string, values map[string]any) (kept, withheld map[string]any)
//	Say(p *country.Pack, lang i18n.Lang, s Step) string; FactTitle(p, fact string) country.Text
//	Check(p *country.Pack) []country.Finding        the pack's own tests
//
// # How time is counted
//
// A due is the target shown to people: the anchor plus the period, at the
// anchor's time of day, moved off days off where the act says so. LegalOuter
// is the last instant the act allows: under Regulation (EEC, Euratom) 1182/71
// the hour (or day) of the event is not counted, so a period in hours ends at
// a full hour and a period in days or months with the end of its last day.
// Lateness is measured from LegalOuter. Acts that count otherwise have both
// alike. An exercise divides every length by its speed and knows no weekend.
//
// Who calls: incident derives its deadlines, jobs and pages from a Result;
// "kulla pack check" calls Check.
package regime
