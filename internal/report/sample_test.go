package report

import (
	"math"
	"time"
)

var (
	english = Words{Contents: "Contents", Page: "Page {1} of {2}", Table: "Table", Figure: "Figure", Source: "Source", Data: "Data of this figure", Note: "Note",
		Continued: "continued", Marking: "Marking", NotMeasured: "not measured", Item: "Item", Value: "Value", Expected: "Expected", Lower: "Lower limit", Upper: "Upper limit",
		Above: "above the expected range", Decimal: ".", Group: ","}
	albanian = Words{Contents: "Përmbajtja", Page: "Faqja {1} nga {2}", Table: "Tabela", Figure: "Figura", Source: "Burimi", Data: "Të dhënat e figurës", Note: "Shënimi",
		Continued: "vijon", Marking: "Shenja", NotMeasured: "nuk është matur", Item: "Zëri", Value: "Vlera", Expected: "E pritshme", Lower: "Kufiri i poshtëm", Upper: "Kufiri i sipërm",
		Above: "mbi kufirin e pritshëm", Decimal: ",", Group: "\u00a0"}
)

// weeks makes a fixed series with two outbreaks and its expected band.
func weeks() Lines {
	l := Lines{Open: 1, Band: &Band{}}
	var v []float64
	for i := range 104 {
		mid := 9 + 2*math.Sin(float64(i)*2*math.Pi/52)
		y := math.Round(mid + 3*math.Sin(float64(i*i%17)) + 2*math.Cos(float64(i*7%13)))
		switch i {
		case 31, 32:
			y = 21
		case 33:
			y = 24
		case 60:
			y = math.NaN()
		case 97:
			y = 19
		}
		v = append(v, y)
		l.Labels = append(l.Labels, "2025/26 · "+decimal(i+1))
		l.Band.Low, l.Band.Mid, l.Band.High = append(l.Band.Low, mid-6), append(l.Band.Mid, mid), append(l.Band.High, mid+7)
	}
	l.Series = []Series{{Values: v}}
	return l
}

// sample is a paper with every kind of block, in one of two languages.
func sample(lang string) Doc {
	pick := func(en, sq string) string {
		if lang == "sq" {
			return sq
		}
		return en
	}
	words := english
	if lang == "sq" {
		words = albanian
	}
	line := weeks()
	line.Band.Name = pick("expected range, 95 %", "kufijtë e pritshëm, 95 %")
	line.Ticks = []Tick{{0, pick("Jan 2025", "janar 2025")}, {26, pick("Jul", "korrik")}, {52, pick("Jan 2026", "janar 2026")}, {78, pick("Jul", "korrik")}}
	line.Marks = []Mark{{31, "", Bad}, {32, "", Bad}, {33, pick("campaign, August 2025", "fushatë, gusht 2025"), Bad}, {97, "", Bad}}
	months := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}
	d := Doc{
		Lang: lang, Words: words, Contents: true, BaseURL: "https://desk.example.org",
		Kicker:    pick("Council paper 1 · for decision", "Dokumenti 1 i Këshillit · për vendim"),
		Title:     pick("The state of cybersecurity and the measures taken", "Gjendja e sigurisë kibernetike dhe masat e marra"),
		Subtitle:  pick("Second half of 2026", "Gjashtëmujori i dytë 2026"),
		Issuer:    pick("National desk (exercise)", "Tavolina kombëtare (stërvitje)"),
		Number:    "sha256 9f3c…e1",
		Marking:   Banner{"TLP:AMBER+STRICT", "amber"},
		AsOf:      time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC),
		Generated: time.Date(2026, 11, 24, 18, 5, 0, 0, time.UTC),
		Facts: []Fact{
			{pick("Period", "Periudha"), Plain(pick("1 Jul – 24 Nov 2026", "1 korrik – 24 nëntor 2026"))},
			{pick("Figures as known at", "Shifrat sipas gjendjes më"), Plain(pick("24 Nov 2026, 18:00", "24 nëntor 2026, ora 18:00"))},
			{pick("Evidence", "Provat"), Text{{Text: pick("1,482 records, ", "1 482 regjistrime, ")}, {Text: "9f3c…e1", Code: true, Href: "/evidence/9f3c"}}},
		},
	}
	d.Add(
		Judgement{Plain(pick("No detectable change in the number of incidents. The Council is asked to decide three measures.",
			"Nuk vërehet ndryshim i matshëm në numrin e incidenteve. Këshillit i kërkohet të vendosë për tri masa.")), pick("Threat desk and supervision desk · moderate confidence", "Tavolina e kërcënimeve dhe e mbikëqyrjes · besim mesatar")},
		Figures{[]Figure{
			{"50", pick("incidents reported", "incidente të raportuara"), pick("10 months; 95 % interval 37–66", "10 muaj; intervali 95 % 37–66"), "/evidence/1", Neutral},
			{"1,22", pick("rate ratio to the year before", "raporti me vitin e kaluar"), pick("95 % interval 0.81–1.85", "intervali 95 % 0,81–1,85"), "/evidence/2", Neutral},
			{"7", pick("clocks open, two overdue", "afate të hapura, dy të tejkaluara"), pick("as of 24 Nov", "më 24 nëntor"), "/evidence/3", Bad},
			{"91 %", pick("early warnings in time", "paralajmërime në kohë"), pick("41 of 45; 79–98 %", "41 nga 45; 79–98 %"), "", Good},
		}},
		Heading{1, pick("1 Incidents in number", "1 Incidentet në numra"), ""},
		Para{Text: Compose(pick("Institutions reported {1} incidents in critical and important infrastructures, against {2} in the twelve months before.{3} The 95 % interval of the ratio includes 1, so the figures do not show an increase; an increase of 80 % or more would have been detected.",
			"Institucionet raportuan {1} incidente në infrastrukturat kritike dhe të rëndësishme, kundrejt {2} në dymbëdhjetë muajt e mëparshëm.{3} Intervali 95 % i raportit përfshin vlerën 1, prandaj shifrat nuk tregojnë rritje; një rritje prej 80 % ose më shumë do të ishte zbuluar."),
			Ref("50", "/evidence/1"), Ref("49", "/evidence/2"), Span{Note: 1})},
		Chart{Title: pick("Incidents by week against the expected range", "Incidentet sipas javëve kundrejt kufijve të pritshëm"), Unit: pick("incidents a week", "incidente në javë"),
			Desc: pick("Four weeks stood above the expected range", "Katër javë ishin mbi kufijtë e pritshëm"), Plot: line,
			Note: Plain(pick("The last week is not complete. Gap: not measured.", "Java e fundit nuk është e plotë. Ndërprerja: nuk është matur.")), Source: Plain(pick("register of incidents", "regjistri i incidenteve"))},
		Heading{2, pick("1.1 By sector", "1.1 Sipas sektorëve"), ""},
		Chart{Title: pick("Incidents by sector, this year and last", "Incidentet sipas sektorëve, këtë vit dhe vitin e kaluar"),
			Plot: Bars{Labels: []string{pick("Energy", "Energjia"), pick("Public administration", "Administrata publike"), pick("Banking", "Bankat"), pick("Health", "Shëndetësia"), pick("Digital infrastructure", "Infrastruktura digjitale")},
				Hrefs:  []string{"/incidents?sector=energy", "", "", "", ""},
				Series: []Series{{pick("2026", "2026"), []float64{14, 21, 6, 9, 0}}, {pick("2025", "2025"), []float64{11, 19, 8, math.NaN(), 3}}}}},
		Heading{3, pick("By month", "Sipas muajve"), ""},
		Chart{Title: pick("Incidents by month, 2026", "Incidentet sipas muajve, 2026"), Unit: pick("incidents", "incidente"),
			Plot: Bars{Labels: months, Series: []Series{{"", []float64{3, 5, 4, 6, 2, 7, 4, 9, 4, 6, 0, math.NaN()}}}}},
		Heading{1, pick("2 What changed, with its uncertainty", "2 Çfarë ndryshoi, me pasigurinë e vet"), ""},
		Chart{Title: pick("Ratio of rates to the year before, by sector", "Raporti i shpeshtësive me vitin e kaluar, sipas sektorëve"), Unit: pick("ratio (95 % interval)", "raporti (intervali 95 %)"),
			Desc: pick("Only energy excludes 1", "Vetëm energjia e përjashton vlerën 1"),
			Plot: Intervals{Log: true, Ref: 1, RefText: pick("as last year", "si vitin e kaluar"), Rows: []Interval{
				{pick("Energy", "Energjia"), 2, 1.35, 3.0, "2.00 (1.35–3.00)", "/evidence/4", Bad},
				{pick("Public administration", "Administrata publike"), 1.22, 0.81, 1.85, "1.22 (0.81–1.85)", "", Neutral},
				{pick("Banking", "Bankat"), 0.75, 0.22, 2.4, "0.75 (0.22–2.40)", "", Neutral},
				{pick("Health", "Shëndetësia"), math.NaN(), 0.66, math.Inf(1), pick("from 0 to 4", "nga 0 në 4"), "", Neutral},
			}}},
		Chart{Title: pick("Incidents by sector and month", "Incidentet sipas sektorit dhe muajit"), NoData: true,
			Plot: Heat{Columns: months, Ticks: []Tick{{0, "1"}, {5, "6"}, {11, "12"}}, Rows: []Series{
				{pick("Energy", "Energjia"), []float64{0, 1, 2, 3, 0, 1, 5, 8, 2, 1, 0, math.NaN()}}, {pick("Banking", "Bankat"), []float64{1, 0, 0, 1, 0, 2, 1, 0, 1, 0, 0, math.NaN()}}}}},
		Callout{Warn, pick("Law not verified", "Ligj i paverifikuar"), []Text{Plain(pick("The deadlines of the second regime were not checked against the official gazette. They are shown, and never counted as broken.",
			"Afatet e regjimit të dytë nuk janë verifikuar në fletoren zyrtare. Ato tregohen, por nuk numërohen kurrë si të shkelura."))}},
		Heading{1, pick("3 Decisions proposed", "3 Vendimet e propozuara"), ""},
		Table{Caption: pick("Measures for decision", "Masat për vendim"), RowHead: true,
			Columns: []Column{{Title: pick("Measure", "Masa")}, {Title: pick("Owner", "Përgjegjësi")}, {Title: pick("Cost, M", "Kosto, M"), Num: true}, {Title: pick("Risk removed a year", "Rreziku i hequr në vit"), Num: true}},
			Rows: []Row{
				{Group: true, Cells: []Cell{{Text: Plain(pick("Access", "Qasja"))}}},
				Cells(pick("Second factor for every administrator", "Faktor i dytë për çdo administrator"), pick("The authority", "Autoriteti"), "84", "310 ± 90"),
				{Group: true, Cells: []Cell{{Text: Plain(pick("Recovery", "Rimëkëmbja"))}}},
				Cells(pick("Offline backup of the seven registries", "Kopje rezervë jashtë linje e shtatë regjistrave"), pick("The agency", "Agjencia"), "140", "265 ± 120"),
				{Cells: []Cell{{Text: Plain(pick("Training of 400 specialists", "Trajnimi i 400 specialistëve"))}, {Text: Plain(pick("Universities", "Universitetet"))}, {Text: Plain("61")}, {Text: Plain(pick("late", "me vonesë")), Tone: Bad}}},
				{Total: true, Cells: []Cell{{Text: Plain(pick("All", "Gjithsej"))}, {}, {Text: Plain("285")}, {}}},
			},
			Note: Plain(pick("M: millions of the national currency.", "M: milionë të monedhës kombëtare.")), Source: Plain(pick("proposals of the institutions", "propozimet e institucioneve"))},
		List{Ordered: true, Items: []Item{{Text: Plain(pick("Approve the measures.", "Të miratohen masat."))}, {Text: Plain(pick("Report back in six months:", "Të raportohet pas gjashtë muajsh:")), Sub: []Item{{Text: Plain(pick("by the authority,", "nga autoriteti,"))}, {Text: Plain(pick("by the owners.", "nga përgjegjësit."))}}}}},
		Facts{[]Fact{{pick("Next paper", "Dokumenti i ardhshëm"), Plain("2027-02-24")}, {pick("Digest", "Gjurma"), Text{{Text: "9f3c8c0a5d7be1", Code: true}}}}},
		PageBreak{},
		Heading{1, pick("4 How it was computed", "4 Si u llogarit"), "method"},
		Para{Lead: true, Text: Plain(pick("Every number carries its unit, its period and a link to the records behind it.", "Çdo shifër mban njësinë, periudhën dhe lidhjen me regjistrimet përkatëse."))},
		Para{Text: Text{{Text: pick("Exact conditional intervals", "Intervale ekzakte të kushtëzuara"), Em: true}, {Text: pick("; see ", "; shih ")}, {Text: pick("the method", "metodën"), Href: "https://example.org/method"}, {Text: pick(" or ", " ose ")}, {Text: pick("this section", "këtë seksion"), Href: "#method"}, {Text: "."}}},
		Para{Mute: true, Text: Plain(pick("Exercise data. No real institution is shown.", "Të dhëna stërvitore. Nuk tregohet asnjë institucion real."))},
		Notes{pick("Sources", "Burimet"), []Note{{1, Plain(pick("Register of incidents, as known at the cut-off.", "Regjistri i incidenteve, sipas gjendjes në datën e mbylljes."))}}},
	)
	return d
}
