package country_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"kulla.dev/internal/country"
	"kulla.dev/packs"
)

func TestShippedPacksLoad(t *testing.T) {
	for _, ids := range [][]string{{"eu-nis2"}, {"eu-dora"}, {"eu-gdpr"}, {"eu-cra"}, {"eu-cer"}} {
		if _, err := country.LoadAll(packs.FS, ids...); err != nil {
			t.Errorf("LoadAll(%v): %v", ids, err)
		}
	}
}

const minimal = "id: zz\nversion: \"1\"\nkind: country\nstatus: draft\ntitle: {en: Zed}\nlanguages: [en]\nauthentic: en\nzone: Europe/Vienna\n"

func TestStrictNamesFileLineAndNearestKey(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"unknown key", "roles:\n  - id: a\n    titel: {en: A}\n", `x.yaml:3: roles[0]: unknown key "titel"; did you mean "title"?`},
		{"missing key", "roles:\n  - id: a\n", `x.yaml:2: roles[0]: key "title" is missing`},
		{"closed word", "bodies:\n  - {id: b, names: [], nature: advisery, legal_refs: [], verification: verified}\n", `x.yaml:2: bodies[0].nature: "advisery" is none of advisory, executive; did you mean "advisory"?`},
		{"alias", "roles:\n  - &r {id: a, title: {en: A}}\n  - *r\n", "x.yaml:2: roles[0]: anchors and aliases are not used in packs"},
		{"date", "acts:\n  - {id: a, title: {en: A}, verification: verified, adopted: 2023-02-30}\n", `x.yaml:2: acts[0].adopted: date "2023-02-30": want YYYY-MM-DD`},
		{"expr", "regimes:\n  - id: r\n    applies_to: entity.is(\n", "x.yaml:3: regimes[0].applies_to: condition \"entity.is(\": column 11"},
		{"list", "roles: 7\n", "x.yaml:1: roles: want a list"},
		{"empty", "", "x.yaml: the file is empty"},
		{"two documents", "roles: []\n---\nroles: []\n", "x.yaml: one document a file"},
		{"language", "roles:\n  - {id: a, title: {english: A}}\n", `x.yaml:2: roles[0].title: "english" is no language tag`},
		{"anchor event", "regimes:\n  - stages:\n      - due: {after: awaer, hours: 4}\n", `did you mean "aware"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := country.Load(fstest.MapFS{"pack.yaml": {Data: []byte(minimal)}, "x.yaml": {Data: []byte(c.file)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant it to say %s", err, c.want)
			}
		})
	}
}
