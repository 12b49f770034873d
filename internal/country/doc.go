// Package country reads country packs: everything one nation's law, language
// and practice adds to a desk that itself knows no country.
//
// A pack is a folder of YAML files (and one CSV glossary). It is data only:
// closed vocabularies, texts in the pack's languages, and small conditions in
// the expression language of [Expr]. Packs combine: one country with any
// number of regime packs.
//
//	p, err := country.LoadAll(packs.FS, "al", "eu-nis2", "eu-dora")
//	for _, r := range p.Regimes { fmt.Println(r.ID, r.Version, r.Title.In("en")) }
//
// # What is always true
//
//   - A *Pack is complete and consistent when Load returns it, and nothing
//     changes it afterwards; any number of goroutines may read it.
//   - Loading is strict: an unknown key, a wrong type or an unknown word of a
//     closed vocabulary is refused with file, line and the nearest known word.
//   - Every legal item carries a LegalRef and a [Verification]. What is not
//     verified is said to be so on every page and never becomes a breach by
//     itself.
//   - Names of institutions, bodies and acts are dated ([Name]); ids are not.
//
// # Stable signatures
//
//	Load(fsys fs.FS) (*Pack, error)                     one folder
//	LoadAll(fsys fs.FS, ids ...string) (*Pack, error)   folders combined; the first is the country
//	Check(p *Pack) []Finding                            static checks; regime.Check adds the clock tests
//	ParseExpr(text string) (Expr, error)
//	(*Calendar).Holidays(year int) []Holiday, IsWorking(d Date) bool, NextWorking(d Date) Date, AddWorking(d Date, n int) Date
//	Schema(docs) ([]byte, error), CheckSchema(fsys fs.FS, schema []byte) ([]Finding, error)
//	(*Pack).Institution, Sector, Class, Calendar, Role, Field, Level, Taxon, Scale, Template, Body (id) (T, bool)
//	Sign(fsys fs.FS, signers ...note.Signer) ([]byte, error); Verify(fsys fs.FS, bundle []byte, v note.Verifiers) (Manifest, error)
//
// Who calls: app loads the pack at start; regime evaluates its regimes;
// registry, incident, council and web read its vocabularies and texts;
// cmd/kulla runs the checks of "kulla pack".
//
// It keeps no table and reads no clock.
package country
