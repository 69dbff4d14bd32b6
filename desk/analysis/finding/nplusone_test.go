// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestNPlusOne(t *testing.T) {
	checkKind(t, finding.NPlusOne, []drawn{
		{name: "queries that differ in an id", trace: `
list [0 100] server @shop
  SELECT [10 14] *6+5 sql=~SELECT * FROM items WHERE id = #~`, want: []string{
			"warning 20ms: SELECT (shop) ran 6 times one after the other below list: 24.0 ms, on average 4.00 ms | SELECT ×6",
		}},
		{name: "gaps and other spans between", trace: `
list [0 200] server @shop
  SELECT [10 14] *5+30 sql=~SELECT * FROM items WHERE id = ?~
  render [15 20] *5+30
  GET [21 24] *5+30 get=https://stock/items/#`, want: []string{
			"warning 16ms: SELECT (shop) ran 5 times one after the other below list: 20.0 ms, on average 4.00 ms | SELECT ×5",
			"warning 12ms: GET (shop) ran 5 times one after the other below list: 15.0 ms, on average 3.00 ms | GET ×5",
		}},
		{name: "requests that differ in a UUID and a value", trace: `
list [0 100] @shop
  GET [10 14] *5+10 get=https://users/v1/6f1b6a3e-8a9b-4a5e-9d7c-01234567890#?fields=a#`, want: []string{
			"warning 16ms: GET (shop) ran 5 times one after the other below list: 20.0 ms, on average 4.00 ms | GET ×5",
		}},
		{name: "spans around one call each", trace: `
list [0 100] @shop
  load item [10 14] *5+10
    stock.v1/Get [11 13] client rpc.system.name=grpc`, want: []string{
			"warning 16ms: load item (shop) ran 5 times one after the other below list: 20.0 ms, on average 4.00 ms | load item ×5",
		}},
		{name: "the same loop at several places", trace: `
run [0 400] @shop
  list [0 100] *3+100
    SELECT [10 14] *5+5 sql=~SELECT * FROM items WHERE id = ?~`, want: []string{
			"warning 48ms: SELECT (shop) ran 5 times one after the other below list: 20.0 ms, on average 4.00 ms; the same at 2 other places, together costing 48.0 ms | SELECT ×5",
		}},
		{name: "texts embedded one by one", trace: `
index [0 600] @rag
  embed [10 100] *5+100 gen_ai.operation.name=embeddings`, want: []string{
			"warning 360ms: embed (rag) ran 5 times one after the other below index: 450 ms, on average 90.0 ms | embed ×5",
		}},
		{name: "the successful attempts among failures", trace: `
list [0 200] @shop
  GET [10 14] *6+20 get=https://users/#
  GET [130 134] get=https://users/6 fail
  GET [140 144] get=https://users/6`, want: []string{
			"warning 24ms: GET (shop) ran 7 times one after the other below list: 28.0 ms, on average 4.00 ms | GET ×7",
		}},

		{name: "queries without statements, requests without URLs, calls without clients", trace: `
list [0 200] server @shop
  find items [10 14] *5+30 client db.system=mongodb db.operation=find db.collection.name=items
  GET [15 18] *5+30 client http.method=GET http.target=/items/# http.host=stock:80
  stock.v1/Get [20 25] *5+30 server @stock`, want: []string{
			"warning 20ms: stock.v1/Get (stock) ran 5 times one after the other below list: 25.0 ms, on average 5.00 ms | stock.v1/Get ×5",
			"warning 16ms: find items (shop) ran 5 times one after the other below list: 20.0 ms, on average 4.00 ms | find items ×5",
			"warning 12ms: GET (shop) ran 5 times one after the other below list: 15.0 ms, on average 3.00 ms | GET ×5",
		}},
		{name: "calls at once", trace: `
list [0 100] server @shop
  SELECT [10 20] *6+0.1 sql=~SELECT * FROM items WHERE id = #~`},
		{name: "batches of calls at once", trace: `
list [0 100] @shop
  GET [10 20] *2+1 get=https://users/1#
  GET [30 40] *2+1 get=https://users/2#
  GET [50 60] *2+1 get=https://users/3#`},
		{name: "only four", trace: `
list [0 100] @shop
  SELECT [10 14] *4+5 sql=~SELECT * FROM items WHERE id = #~`},
		{name: "different queries of one name", trace: `
list [0 100] @shop
  SELECT [10 14] sql=~SELECT * FROM items WHERE id = ?~
  SELECT [20 24] sql=~SELECT * FROM users WHERE id = ?~
  SELECT [30 34] sql=~SELECT * FROM carts WHERE id = ?~
  SELECT [40 44] sql=~SELECT * FROM taxes WHERE id = ?~
  SELECT [50 54] sql=~SELECT * FROM zones WHERE id = ?~`},
		{name: "pages of a list", trace: `
list [0 100] @shop
  GET [10 14] *6+10 get=https://users/all?page=#
  SELECT [15 19] *6+10 sql=~SELECT * FROM items LIMIT 10 OFFSET #0~`},
		{name: "spans that make several calls each", trace: `
list [0 200] @shop
  move item [10 25] *5+20
    take [11 15] client
    give [16 20] client`},
		{name: "collections that differ", trace: `
list [0 200] @shop
  find [10 14] *5+30 client db.system=mongodb db.operation=find db.collection.name=c#x`},
		{name: "once in each turn of an agent", trace: `
run [0 900] @agent
  chat [10 90] *6+100 model=m
  SELECT [90 100] *6+100 sql=~SELECT * FROM states WHERE turn = ?~`},
		{name: "messages that a connection served", trace: `
session [0 900] server @chat
  message [10 90] *6+100 server`},
		{name: "no notable time", trace: `
list [0 9000] @shop
  SELECT [10 11] *6+5 sql=~SELECT * FROM items WHERE id = #~`},
		{name: "turns of an agent", trace: `
run [0 900] @agent
  step [10 100] *6+100
    chat [20 80] model=m client`},
		{name: "work without calls", trace: `
run [0 100] @agent
  parse [10 14] *6+10`},
		{name: "attempts", trace: `
run [0 100] @agent
  GET [10 14] *5+10 get=https://users/1 fail
  GET [60 64] get=https://users/1`},
		{name: "equal queries", trace: `
list [0 100] @shop
  SELECT [10 14] *6+5 sql=~SELECT * FROM items WHERE id = 7~`},
		{name: "messages that are sent", trace: `
list [0 100] @shop
  publish [10 14] *6+10 producer messaging.system=kafka`},
	})
}
