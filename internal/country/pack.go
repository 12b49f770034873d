package country

import "time"

// Pack is one country, or one set of regimes, ready to use. A combined pack
// (LoadAll) carries the country's own items first.
type Pack struct {
	ID           string
	Version      string
	Kind         string // country | regimes
	Status       string // draft | reviewed | official
	Title        Text
	Code         string // ISO 3166-1 alpha-2 of a country
	Languages    []string
	Authentic    string // the language whose text binds
	Currency     string // ISO 4217
	Zone         string // IANA name of the authority's seat
	Location     *time.Location
	CalendarID   string // the authority's calendar
	Parts        []Part // the packs combined here, in order
	Roles        []Role
	Acts         []Act
	Institutions []Institution
	Bodies       []Body
	Sectors      []Sector
	Classes      []Class
	EntityKinds  []Term
	Regimes      []*Regime
	Calendars    []*Calendar
	Fields       []Field
	Taxonomies   []Taxonomy
	Severity     Severity
	Levels       []Level
	Equivalences []Equivalence
	Caveats      []Caveat
	Scales       []Scale
	Templates    []Template
	Paper        Paper
	Glossary     []GlossaryTerm
	Crisis       CrisisState
	Timeline     []Moment
	Figures      []Figure
	Meetings     []Meeting
	ClockTests   []ClockTest

	index index
}

// Part is one folder of a combined pack.
type Part struct {
	ID, Version, Status string
	Title               Text
}

// Role is an abstract recipient of duties ("csirt", "supervisor"), filled by
// an institution; templates and regimes name roles, never institutions.
type Role struct {
	ID          string `yaml:"id" need:"y"`
	Title       Text   `yaml:"title" need:"y"`
	Institution string `yaml:"institution"` // id; empty: not filled in this country
	Note        Text   `yaml:"note"`
}

// Act is a law, bylaw or strategy of the register of acts.
type Act struct {
	ID           string       `yaml:"id" need:"y"`
	Title        Text         `yaml:"title" need:"y"`
	Short        Text         `yaml:"short"`
	Number       string       `yaml:"number"`
	Adopted      Date         `yaml:"adopted"`
	From         Date         `yaml:"in_force"`
	Repealed     Date         `yaml:"repealed"`
	RepealedBy   string       `yaml:"repealed_by"`
	Gazette      string       `yaml:"gazette"`
	URL          string       `yaml:"url"`
	Verification Verification `yaml:"verification" need:"y"`
	Note         Text         `yaml:"note"`
}

// Institution is an organisation of the pack with its dated names.
type Institution struct {
	ID           string       `yaml:"id" need:"y"`
	Names        []Name       `yaml:"names" need:"y"`
	Kind         string       `yaml:"kind"` // Term of entity kinds, or a plain word
	Sector       string       `yaml:"sector"`
	Roles        Text         `yaml:"role"` // what it does, one sentence
	Domain       string       `yaml:"domain"`
	Successor    string       `yaml:"successor"` // id of the institution that took over
	Since        Date         `yaml:"since"`
	Until        Date         `yaml:"until"`
	LegalRef     *LegalRef    `yaml:"legal_ref"`
	Verification Verification `yaml:"verification" need:"y"`
	Note         Text         `yaml:"note"`
}

// NameOn gives the name valid on day, the newest for the zero day.
func (i Institution) NameOn(day Date) Name { return nameOn(i.Names, day) }

// Body is a council or committee and its rules of procedure.
type Body struct {
	ID             string       `yaml:"id" need:"y"`
	Names          []Name       `yaml:"names" need:"y"`
	Nature         string       `yaml:"nature" need:"y" enum:"advisory|executive"`
	Chair          Text         `yaml:"chair"`
	ChairByState   []ChairRule  `yaml:"chair_by_state"`
	MinPerYear     int          `yaml:"min_meetings_per_year"`
	AnnualPlan     bool         `yaml:"annual_plan"`
	Quorum         Text         `yaml:"quorum"`
	DecidesBy      string       `yaml:"decides_by" enum:"consensus|vote|chair_summary"`
	Members        []Member     `yaml:"members"`
	Invitees       Text         `yaml:"invitee_rule"`
	Convening      []string     `yaml:"convening_rights"` // roles or member ids
	Outputs        []string     `yaml:"output_types"`
	Adopters       []string     `yaml:"adopting_bodies"` // who turns a recommendation into an act
	Publication    Text         `yaml:"publication_rule"`
	Declassifies   Text         `yaml:"declassification_authority"`
	MinutesLevel   string       `yaml:"minutes_level"`
	LegalRefs      []LegalRef   `yaml:"legal_refs" need:"y"`
	Verification   Verification `yaml:"verification" need:"y"`
	Communique     []CommPart   `yaml:"communique"`
	ConveneInDays  int          `yaml:"convene_in_days"`
	PapersInAdvice int          `yaml:"papers_days_before"`
}

// ChairRule says who chairs in which state of the nation.
type ChairRule struct {
	State string `yaml:"state" need:"y"`
	Chair Text   `yaml:"chair" need:"y"`
}

// Member is one seat.
type Member struct {
	ID           string       `yaml:"id" need:"y"`
	Title        Text         `yaml:"title" need:"y"`
	Institution  string       `yaml:"institution"`
	Voting       bool         `yaml:"voting"`
	Chair        bool         `yaml:"chair"`
	Substitute   Text         `yaml:"substitute_rule"`
	Verification Verification `yaml:"verification" need:"y"`
}

// CommPart is one part a communiqué of the body usually has.
type CommPart struct {
	ID    string `yaml:"id" need:"y"`
	Title Text   `yaml:"title" need:"y"`
	Need  string `yaml:"need" enum:"required|optional"`
}

// Sector is a sector or subsector of the country's own list, mapped to the
// tree of Directive (EU) 2022/2555.
type Sector struct {
	ID     string   `yaml:"id" need:"y"`
	Parent string   `yaml:"parent"` // empty: a sector
	Title  Text     `yaml:"title" need:"y"`
	NIS2   []string `yaml:"nis2"` // codes of the NIS2 tree
	NCISS  string   `yaml:"nciss"`
	Annex  string   `yaml:"annex"`
	Note   Text     `yaml:"note"`
}

// Class is a class of infrastructure ("critical", "important", "unlisted").
type Class struct {
	ID       string   `yaml:"id" need:"y"`
	Title    Text     `yaml:"title" need:"y"`
	Short    Text     `yaml:"short"`
	Rank     int      `yaml:"rank"` // higher is more critical
	Listed   bool     `yaml:"listed"`
	LegalRef LegalRef `yaml:"legal_ref" need:"y"`
	Note     Text     `yaml:"note"`
}

// Term is a word of a vocabulary.
type Term struct {
	ID    string `yaml:"id" need:"y"`
	Title Text   `yaml:"title" need:"y"`
	Note  Text   `yaml:"note"`
	Group string `yaml:"group"`
}

// Field is one thing a report may say, asked once for all regimes.
type Field struct {
	ID        string `yaml:"id" need:"y"`
	Type      string `yaml:"type" need:"y" enum:"text|longtext|yes_no_unknown|number|money|datetime|duration|choice|choices|taxon|contact|files"`
	Group     string `yaml:"group"` // identity | what | effect | cause | response | cross_border | data | ransom | product
	Title     Text   `yaml:"title" need:"y"`
	Why       Text   `yaml:"why" need:"y"`
	Unit      string `yaml:"unit"`
	Options   []Term `yaml:"options"`
	Fact      string `yaml:"fact"`      // fact of the significance tests it states
	Sensitive bool   `yaml:"sensitive"` // may carry secrets: withheld on grounds of national security
}

// Taxonomy is one version of a coded scheme; a national scheme maps to its
// base, many to one.
type Taxonomy struct {
	ID      string       `yaml:"id" need:"y"`
	Version string       `yaml:"version" need:"y"`
	Title   Text         `yaml:"title" need:"y"`
	Licence string       `yaml:"licence"`
	Base    string       `yaml:"base"` // "rsit"
	Groups  []TaxonClass `yaml:"classes"`
	Maps    []TaxonMap   `yaml:"map"`
	Moved   []TaxonMoved `yaml:"moved"` // codes of earlier versions
	Note    Text         `yaml:"note"`
	Status  Verification `yaml:"verification"`
	Ref     *LegalRef    `yaml:"legal_ref"`
}

// TaxonClass is a class of a taxonomy with its entries.
type TaxonClass struct {
	ID      string  `yaml:"id" need:"y"`
	Title   Text    `yaml:"title" need:"y"`
	Entries []Taxon `yaml:"entries" need:"y"`
}

// Taxon is one entry.
type Taxon struct {
	ID    string `yaml:"id" need:"y"`
	Title Text   `yaml:"title" need:"y"`
	Help  Text   `yaml:"help"`
}

// TaxonMap maps a national code to a code of the base ("class/entry").
type TaxonMap struct {
	From    string `yaml:"from" need:"y"`
	Title   Text   `yaml:"title" need:"y"`
	To      string `yaml:"to" need:"y"`
	Quality string `yaml:"quality" need:"y" enum:"exact|broader|narrower|judged"`
	Note    Text   `yaml:"note"`
}

// TaxonMoved says where a code of an earlier version went.
type TaxonMoved struct {
	Version string `yaml:"version" need:"y"`
	From    string `yaml:"from" need:"y"`
	To      string `yaml:"to" need:"y"`
}

// Level is one classification level of one system.
type Level struct {
	ID     string `yaml:"id" need:"y"`
	System string `yaml:"system" need:"y"`
	Rank   int    `yaml:"rank"` // within the system, 0 = unclassified
	Title  Text   `yaml:"title" need:"y"`
	Short  Text   `yaml:"short"`
}

// Equivalence says that two levels of two systems may be treated alike. It is
// treaty data: unless verified, the pair stays blocked.
type Equivalence struct {
	A        string       `yaml:"a" need:"y"` // "system:level"
	B        string       `yaml:"b" need:"y"`
	LegalRef LegalRef     `yaml:"legal_ref" need:"y"`
	Status   Verification `yaml:"verification" need:"y"`
}

// Blocked says whether the pair may not be used.
func (e Equivalence) Blocked() bool { return e.Status != Verified }

// Caveat limits who may read or pass on.
type Caveat struct {
	ID     string `yaml:"id" need:"y"`
	Title  Text   `yaml:"title" need:"y"`
	Effect string `yaml:"effect" need:"y" enum:"national_only|originator_control|release_list|no_foreign|none"`
	Help   Text   `yaml:"help"`
}

// Scale is a scheme of likelihood or confidence words with its bands.
type Scale struct {
	ID      string       `yaml:"id" need:"y"`
	Title   Text         `yaml:"title" need:"y"`
	Of      string       `yaml:"of" need:"y" enum:"likelihood|confidence|reliability|credibility"`
	Default bool         `yaml:"default"`
	Words   []ScaleWord  `yaml:"words" need:"y"`
	Source  string       `yaml:"source" need:"y"`
	Status  Verification `yaml:"verification" need:"y"`
}

// ScaleWord is one word; From and To are its band in per cent (both zero: no band).
type ScaleWord struct {
	ID    string  `yaml:"id" need:"y"`
	Title Text    `yaml:"title" need:"y"`
	From  float64 `yaml:"from"`
	To    float64 `yaml:"to"`
}

// Template is a mail text. Subject and Body hold named placeholders only,
// written {name}; Uses lists every one of them.
type Template struct {
	ID      string   `yaml:"id" need:"y"`
	Uses    []string `yaml:"uses" need:"y"`
	Subject Text     `yaml:"subject" need:"y"`
	Body    Text     `yaml:"body" need:"y"`
}

// Paper holds the titles and standing sentences of "The state of cybersecurity".
type Paper struct {
	Title     Text        `yaml:"title"`
	Subtitle  Text        `yaml:"subtitle"`
	Issuer    string      `yaml:"issuer"` // institution id
	Sections  []PaperPart `yaml:"sections"`
	Sentences []Term      `yaml:"sentences"` // id → text with {placeholders}
}

// PaperPart is one section title with the sentence under it.
type PaperPart struct {
	ID    string `yaml:"id" need:"y"`
	Title Text   `yaml:"title" need:"y"`
	Lead  Text   `yaml:"lead"`
}

// GlossaryTerm is one row of glossary.csv: the term by language and how sure
// it is (seen | common | unsure).
type GlossaryTerm struct {
	Text   Text
	Status string
}

// CrisisState is how the nation's state of cyber crisis comes and goes.
type CrisisState struct {
	Title        Text         `yaml:"title"`
	Proposer     string       `yaml:"proposer"`
	Declarer     string       `yaml:"declarer"`
	InitialDays  int          `yaml:"initial_days"`
	MaxDays      int          `yaml:"max_days"`
	Powers       []Term       `yaml:"extraordinary_powers"`
	Publication  Text         `yaml:"publication"`
	Termination  Text         `yaml:"termination"`
	LegalRefs    []LegalRef   `yaml:"legal_refs"`
	Verification Verification `yaml:"verification"`
	Note         Text         `yaml:"note"`
}

// Moment is one dated, sourced event of public background.
type Moment struct {
	ID           string       `yaml:"id" need:"y"`
	From         Date         `yaml:"from" need:"y"`
	To           Date         `yaml:"to"`
	Precision    string       `yaml:"precision" need:"y" enum:"day|month|quarter|year"`
	Track        string       `yaml:"track" need:"y" enum:"cyber|leak|statement|legal|diplomatic|narrative"`
	Campaign     string       `yaml:"campaign"`
	Title        Text         `yaml:"title" need:"y"`
	Institutions []string     `yaml:"institutions"`
	Techniques   []string     `yaml:"techniques"`
	Source       string       `yaml:"source" need:"y"`
	Verification Verification `yaml:"verification" need:"y"`
}

// Figure is a number somebody published, with what it counts.
type Figure struct {
	ID           string       `yaml:"id" need:"y"`
	Period       string       `yaml:"period" need:"y"`
	Counts       Text         `yaml:"counts" need:"y"` // the publisher's definition, or that none was stated
	Unit         string       `yaml:"unit" need:"y" enum:"event|attempt|incident|high_impact_incident|infrastructure|report|percent|score|other"`
	Value        float64      `yaml:"value"`
	Breakdown    []Count      `yaml:"breakdown"`
	Edition      string       `yaml:"edition"`
	Publisher    string       `yaml:"publisher" need:"y"`
	Source       string       `yaml:"source" need:"y"`
	Caution      Text         `yaml:"caution"`
	Verification Verification `yaml:"verification" need:"y"`
}

// Count is one line of a breakdown.
type Count struct {
	Of    string  `yaml:"of" need:"y"`
	Value float64 `yaml:"value" need:"y"`
}

// Meeting is one known past meeting of a body.
type Meeting struct {
	Body         string       `yaml:"body" need:"y"`
	On           Date         `yaml:"on" need:"y"`
	Precision    string       `yaml:"precision" enum:"day|month|year"`
	Subject      Text         `yaml:"subject" need:"y"`
	Source       string       `yaml:"source" need:"y"`
	Verification Verification `yaml:"verification" need:"y"`
}

// Severity is the scoring of the national severity: weights, options and
// bands of the NCISS model with the pack's own sector weights.
type Severity struct {
	ID         string             `yaml:"id"`
	Version    string             `yaml:"version"`
	Title      Text               `yaml:"title"`
	Source     string             `yaml:"source"`
	Status     Verification       `yaml:"verification"`
	Categories []SeverityCategory `yaml:"categories"`
	Bands      []SeverityBand     `yaml:"bands"`
	Limit      Text               `yaml:"limit"`
}

// SeverityCategory is one question; exactly one option answers it.
type SeverityCategory struct {
	ID      string           `yaml:"id" need:"y"`
	Title   Text             `yaml:"title" need:"y"`
	Weight  float64          `yaml:"weight" need:"y"`
	Options []SeverityOption `yaml:"options" need:"y"`
}

// SeverityOption is one answer and its value.
type SeverityOption struct {
	ID     string  `yaml:"id" need:"y"`
	Title  Text    `yaml:"title" need:"y"`
	Value  float64 `yaml:"value"`
	Sector string  `yaml:"sector"` // for the cross-sector question: the pack's sector
}

// SeverityBand names the scores from From up to the next band.
type SeverityBand struct {
	ID    string       `yaml:"id" need:"y"`
	Title Text         `yaml:"title" need:"y"`
	From  float64      `yaml:"from"`
	Rank  int          `yaml:"rank"`
	Ref   Verification `yaml:"verification"`
}
