// SPDX-License-Identifier: Apache-2.0

package finding_test

import (
	"testing"

	"github.com/sidetrace/sidetrace/desk/analysis/finding"
)

func TestSerialCalls(t *testing.T) {
	checkKind(t, finding.SerialCalls, []drawn{
		{name: "tools that a model asked for at once", trace: `
agent [0 400] @agent
  chat [0 100] client model=m
  weather [101 150] tool=weather args={"city":"Rome"} result=sunny
  flights [152 210] tool=flights args={"city":"Rome"} result=none
  chat [215 300] client model=m`, want: []string{
			"warning 49ms: tools that the model asked for together, weather, then flights: 107 ms one after the other, 58.0 ms at once | weather, flights",
		}},
		{name: "the same tool with different arguments", trace: `
agent [0 400] @agent
  chat [0 100] model=m
  search [101 150] *3+60 tool=search args={"q":"#"}`, want: []string{
			"warning 98ms: tools that the model asked for together, search, then search, then search: 147 ms one after the other, 49.0 ms at once | search ×3",
		}},
		{name: "tools at once, then a retrieval", trace: `
run [0 300] server @engine
  Plan [0 8]
  Weather [10 40] node.type=tool
    call [11 39] client
  Hotels [10 50] node.type=tool
    call [11 49] client
  Guide [50.2 90] node.type=retrieval
    SELECT [51 89] sql=~SELECT 1 FROM passages~
  Model [91 290] node.type=llm
    Generate [92 289] client`, want: []string{
			"info 39.8ms: Weather and Hotels together, then Guide: 79.8 ms one after the other, 40.0 ms at once | Weather, Hotels, Guide",
		}},
		{name: "calls of different services", trace: `
GET /home [0 100] server @web
  GET [0 30] get=https://users/me
  GET [30.1 55] get=https://news/top
  GET [55.3 90] get=https://ads/one`, want: []string{
			"info 54.9ms: GET, then GET, then GET: 89.6 ms one after the other, 34.7 ms at once | GET ×3",
		}},
		{name: "attempts are one step", trace: `
run [0 300] @engine
  Flights [0 20] fail node.type=tool
    call [1 19] client fail
  Flights [40 60] node.type=tool
    call [41 59] client
  Trains [60.1 100] node.type=tool
    call [61 99] client`, want: []string{
			"info 39.9ms: Flights, then Trains: 99.9 ms one after the other, 60.0 ms at once | Flights ×2, Trains",
		}},

		{name: "many steps of many spans", trace: `
run [0 600] server @engine
  A# [0 90] *5+1 client
  B [95 190] client
  C [190 290] client
  D [290 390] client
  E [390 490] client
  F [490 590] client`, want: []string{
			"info 489ms: A0, A1, A2 and … together, then B, then C, then D, then …: 589 ms one after the other, 100 ms at once | A0, A1, A2, A3, A4, B, C, D, E, F",
		}},
		{name: "a tool that shares its argument with the one before", trace: `
agent [0 400] @agent
  chat [0 100] client model=m
  find [101 150] tool=find args={"city":"Lisbon"} result=~{"in":"Lisbon","id":4711}~
  book [152 210] tool=book args={"city":"Lisbon","\\"of":"x"}`, want: []string{
			"warning 49ms: tools that the model asked for together, find, then book: 107 ms one after the other, 58.0 ms at once | find, book",
		}},
		{name: "models and what depends on them", trace: `
run [0 400] @engine
  plan [0 100] model=m client
  search [100 200] tool=search
    call [101 199] client
  answer [200 300] model=m client
  check [300 390] model=m client`},
		{name: "only two calls", trace: `
GET /home [0 100] server @web
  GET [0 30] get=https://users/me
  GET [30.1 55] get=https://news/top`},
		{name: "at once", trace: `
GET /home [0 100] server @web
  GET [0 60] get=https://users/me
  GET [10 75] get=https://news/top
  GET [20 90] get=https://ads/one`},
		{name: "work between the calls", trace: `
GET /home [0 200] server @web
  GET [0 30] get=https://users/me
  GET [60 90] get=https://news/top
  rank [90 120]
  GET [120 150] get=https://ads/one`},
		{name: "writes in order", trace: `
POST /order [0 100] server @web
  POST [0 30] post=https://stock/take
  POST [30.1 55] post=https://bank/pay
  POST [55.3 90] post=https://mail/send`},
		{name: "a transaction", trace: `
POST /order [0 100] server @web
  BEGIN [0 10] sql=BEGIN
  SELECT [10 40] sql=~SELECT 1 FROM a~
  SELECT [40 70] sql=~SELECT 1 FROM b~
  COMMIT [70 90] sql=COMMIT`},
		{name: "repeated calls, found as such", trace: `
GET /home [0 100] server @web
  GET [0 10] *6+10.1 get=https://users/#
  GET [61 80] get=https://news/top`},
		{name: "an argument from an earlier result", trace: `
agent [0 400] @agent
  chat [0 100] client model=m
  find [101 150] tool=find args={"name":"Ann"} result=~{"user":"u-4711"}~
  mail [152 210] tool=mail args={"to":"u-4711"}`},
		{name: "a URL from an earlier result", trace: `
run [0 100] @web
  find [0 30] node.type=tool output.value=~{"id":"u4711"}~
    call [1 29] client
  GET [30.1 55] get=https://users/u4711
  GET [55.3 90] get=https://users/u4711/news`},
		{name: "too little to save", trace: `
run [0 9000] server @web
  GET [0 30] get=https://users/me
  GET [30.1 55] get=https://news/top
  GET [55.3 90] get=https://ads/one`},
		{name: "a retry that follows a failure", trace: `
run [0 200] @engine
  a [0 30] client fail
  b [30 60] client
  c [60 90] client fail`},
	})
}
