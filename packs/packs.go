// Package packs holds the country packs and regime packs shipped with the
// desk, as data. Only the switchboard, the command line and tests import it.
//
//	al        the first country
//	eu-nis2   Directive (EU) 2022/2555, article 23, with Implementing Regulation (EU) 2024/2690
//	eu-dora   Regulation (EU) 2022/2554 with its technical standards on major ICT-related incidents
//	eu-gdpr   Regulation (EU) 2016/679, articles 33 and 34
//	eu-cra    Regulation (EU) 2024/2847, article 14
//	eu-cer    Directive (EU) 2022/2557, article 15
//	demo      the demo story of each country pack
//	schema    the JSON Schema every file of a pack satisfies
package packs

import "embed"

// FS holds one folder for each pack, and schema/pack.schema.json.
//
//go:embed demo al eu-nis2 eu-dora eu-gdpr eu-cra eu-cer schema
var FS embed.FS
