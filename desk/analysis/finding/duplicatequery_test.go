// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestDuplicateQuery(t *testing.T) {
	checkKind(t, finding.DuplicateQuery, []drawn{
		{name: "in several places", trace: `
run [0 100] server @shop
  auth [0 30]
    SELECT [10 20] sql=~SELECT * FROM users WHERE id = 7~
  cart [30 60]
    SELECT [40 50] sql=~SELECT * FROM users WHERE id = 7~
  ship [60 90]
    SELECT [70 80] sql=~SELECT * FROM users WHERE id = 7~`, want: []string{
			"warning 20ms: SELECT (shop) asked for the same 3 times in 30.0 ms: SELECT * FROM users WHERE id = 7 | SELECT ×3",
		}},
		{name: "with recorded parameters", trace: `
run [0 100] @shop
  SELECT [10 20] *4+15 sql=~SELECT * FROM users WHERE id = ?~ db.query.parameter.0=7`, want: []string{
			"warning 30ms: SELECT (shop) asked for the same 4 times in 40.0 ms: SELECT * FROM users WHERE id = ? | SELECT ×4",
		}},
		{name: "of the same URL at once", trace: `
run [0 100] @shop
  GET [10 30] *3+1 get=https://rates/eur?day=1`, want: []string{
			"warning 40ms: GET (shop) asked for the same 3 times in 60.0 ms: https://rates/eur?day=1 | GET ×3",
		}},
		{name: "after a write to another table, and a failure", trace: `
run [0 100] @shop
  SELECT [10 20] *2+15 sql=~SELECT name FROM users u WHERE u.id = 'ab'~
  UPDATE [40 42] sql=~UPDATE carts SET n = 1~
  SELECT [45 50] sql=~SELECT name FROM users u WHERE u.id = 'ab'~ fail
  SELECT [50 60] sql=~SELECT name FROM users u WHERE u.id = 'ab'~`, want: []string{
			"warning 20ms: SELECT (shop) asked for the same 3 times in 30.0 ms: SELECT name FROM users u WHERE u.id = 'ab' | SELECT ×3",
		}},
		{name: "with former names of attributes", trace: `
run [0 100] @shop
  get [10 20] *3+15 client db.system=redis db.statement=~GET user:7~`, want: []string{
			"warning 20ms: get (shop) asked for the same 3 times in 30.0 ms: GET user:7 | get ×3",
		}},

		{name: "twice", trace: `
run [0 100] @shop
  SELECT [10 20] *2+15 sql=~SELECT * FROM users WHERE id = 7~`},
		{name: "parameters differ", trace: `
run [0 100] @shop
  SELECT [10 20] *4+15 sql=~SELECT * FROM users WHERE id = #~`},
		{name: "parameters are not known", trace: `
run [0 100] @shop
  SELECT [10 20] *4+15 sql=~SELECT * FROM users WHERE id = $1~`},
		{name: "recorded parameters differ", trace: `
run [0 100] @shop
  SELECT [10 20] *4+15 sql=~SELECT * FROM users WHERE id = ?~ db.query.parameter.0=#`},
		{name: "writes in between", trace: `
run [0 100] @shop
  SELECT [10 15] *4+15 sql=~SELECT n FROM stock WHERE id = 7~
  UPDATE [16 20] *4+15 sql=~UPDATE stock SET n = #~`},
		{name: "polling", trace: `
run [0 900] @shop
  GET [10 20] *5+150 get=https://jobs/7`},
		{name: "no notable time", trace: `
run [0 9000] @shop
  SELECT [10 11] *5+15 sql=~SELECT * FROM users WHERE id = 7~`},
		{name: "different services", trace: `
run [0 100] @shop
  a [10 20] @a
    SELECT [10 20] sql=~SELECT 1 FROM t~
  b [20 30] @b
    SELECT [20 30] sql=~SELECT 1 FROM t~
  c [30 40] @c
    SELECT [30 40] sql=~SELECT 1 FROM t~`},
		{name: "one call that two instrumentations recorded", trace: `
run [0 100] @shop
  GET [10 20] *2+15 get=https://rates/eur
    GET [11 19] get=https://rates/eur`},
		{name: "requests that are no GET", trace: `
run [0 100] @shop
  POST [10 20] *4+15 post=https://rates/eur`},
	})
}
