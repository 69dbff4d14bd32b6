// SPDX-License-Identifier: Apache-2.0

package store

import "fmt"

// A RequestError says what is wrong with a request.
type RequestError struct{ Err error }

// Error says what is wrong.
func (e *RequestError) Error() string { return fmt.Sprintf("store: %v", e.Err) }

// Unwrap is what is wrong.
func (e *RequestError) Unwrap() error { return e.Err }
