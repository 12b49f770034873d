package db

import "strings"

// bulkArgs bounds the arguments of one statement: SQLite takes 32,766,
// PostgreSQL 65,535.
const bulkArgs = 30_000

// Insert writes many rows of a table in few statements. into is the head of
// the statement up to VALUES, args hold the rows one after the other, each of
// so many columns, and suffix follows the rows ("" or ON CONFLICT …).
func Insert(tx *Tx, into string, columns int, args []any, suffix string) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	most := min(bulkArgs/columns, 1000) * columns
	text := ""
	for len(args) > 0 {
		n := min(len(args), most)
		if n < most || text == "" {
			text = into + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", n/columns), ",") + suffix
		}
		if _, err := tx.Exec(text, args[:n]...); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}
