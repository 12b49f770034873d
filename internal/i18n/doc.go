// Package i18n holds the words, plurals, numbers and dates of every language
// the desk speaks. Everything a person reads passes through here.
//
// # The files
//
// A language is a folder, text/{lang}, and each room owns one flat JSON file
// in each folder: text/en/incident.json and text/sq/incident.json. A room with
// many words may split them: incident.form.json holds only keys that begin
// with "incident.form.". There is nothing else to register: a new file or a new
// language folder is found by itself.
//
//	{
//	  "incident.submit.late-reason": "Say why the report is late.",
//	  "incident.submit.received":    "Received {0} from {1}.",
//	  "incident.list.open":          {"one": "{0} open incident", "other": "{0} open incidents"},
//	  "incident.share.sent":         {"by": "n", "one": "{who} sent {n} file", "other": "{who} sent {n} files"}
//	}
//
// Keys are dotted, lower case, words joined by hyphens, and begin with the
// file's name. The same keys stand in every language, with the same
// placeholders.
//
// Placeholders are {0}, {1} … by position, or {name} when the caller passes
// [Args]. "{{" is a literal brace. A value that changes with a number is an
// object with one text for each CLDR plural category the language uses ("one"
// and "other" in English and Albanian). The number that chooses is {0}, or the
// placeholder named in "by". An optional "0" member is said instead when the
// number is exactly zero ("0": "no incident is open").
//
// # Arguments
//
// An argument is written as the language writes it: an integer or float with
// the language's grouping and decimal mark, a time.Time as date and 24-hour
// time in its own location, a [Date] as a date, a time.Duration as a length
// ("1 h 10 min"), a [Percent], [Bytes], a []string as a list ("a, b and c"),
// a [Key] as the translation of that key. A string stays as it is.
// Four-digit integers are not grouped, so a year is safe.
//
// # The check
//
// TestKeys of this package reads every .go and .templ file of the module. A
// string literal with at least three words, shaped like a key whose first word
// is a file here ("incident.submit.late-reason"), is a key; so is any literal
// of that shape given directly to T, L, fault.New, Fields.Add or [Key]. Each
// must exist in every language, with the same placeholders, and not be the same
// text twice; each key of the files must be said somewhere. What the check
// cannot see is declared beside it in keys.txt, one line each with its reason:
//
//	dynamic incident.stage.  read from the regime's stage names
//	same    incident.kind.phishing  the word is used in Albanian too
//	other   incident.job.due-scan  the name of a job kind, not a key
package i18n
