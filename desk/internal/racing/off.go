// SPDX-License-Identifier: Apache-2.0

//go:build !race

package racing

const enabled = false
