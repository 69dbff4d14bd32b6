// SPDX-License-Identifier: Apache-2.0

package sid_test

import (
	"fmt"
	"net/netip"

	"github.com/sidetrace/sidetrace/sid"
)

func ExampleNew() {
	g, err := sid.New(sid.Config{Sub: "svc", Location: "hf", IP: netip.MustParseAddr("10.1.2.3"), Port: 8080})
	if err != nil {
		fmt.Println(err)
		return
	}
	first, second := g.Next(), g.Next()
	fmt.Println(len(first), first == second)
	// Output: 32 false
}

func ExampleParse() {
	info, err := sid.Parse("svc002b0007@hf18bcfe568000203802")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Sub, info.Location, info.PID, info.Index)
	fmt.Println(info.Time.Format("2006-01-02T15:04:05.000Z07:00"), info.IPTail, info.Port)
	// Output:
	// svc hf 43 7
	// 2023-11-14T22:13:20.000Z [2 3] 80
}
