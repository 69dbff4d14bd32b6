// SPDX-License-Identifier: Apache-2.0

package where_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sidetrace/sidetrace/desk/api/internal/where"
	"github.com/sidetrace/sidetrace/desk/query"
)

func TestConditions(t *testing.T) {
	a := query.Field{Scope: query.Span, Name: "a"}
	for want, e := range map[string]query.Expr{
		`{ resource.service.name = "web" }`:                            where.Is(where.ServiceName, "web"),
		`{ kind != nil }`:                                              where.Has(where.Intrinsic("kind")),
		`{ duration >= 1s && duration <= 2s }`:                         where.Lasts(time.Second, 2*time.Second),
		`{ duration <= 2s }`:                                           where.Lasts(0, 2*time.Second),
		`{ span.a in ("x") }`:                                          where.Spelled(a, "x"),
		`{ span.a in ("5", 5) }`:                                       where.Spelled(a, "5"),
		`{ span.a in ("0.5", 0.5) }`:                                   where.Spelled(a, "0.5"),
		`{ span.a in ("true", true) }`:                                 where.Spelled(a, "true"),
		`{ span.a in ("Inf") }`:                                        where.Spelled(a, "Inf"),
		`{ span.a in ("NaN") }`:                                        where.Spelled(a, "NaN"),
		`{ span.a in ("9223372036854775808", 9.223372036854776e+18) }`: where.Spelled(a, "9223372036854775808"),
	} {
		assert.Equal(t, want, query.Where(e).String())
	}
	assert.Nil(t, where.All(nil))
	assert.Equal(t, `{ kind != nil }`, where.All(query.And{where.Has(where.Intrinsic("kind"))}).String())
}
