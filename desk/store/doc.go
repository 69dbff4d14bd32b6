// SPDX-License-Identifier: Apache-2.0

// Package store keeps traces and log records in a folder, and finds them.
package store
