// The desk: receives, stores and explains traces.
module github.com/sidetrace/sidetrace/desk

go 1.26.0

replace github.com/sidetrace/sidetrace => ../

require (
	github.com/mattn/go-runewidth v0.0.31
	golang.org/x/term v0.47.0
)

require github.com/clipperhouse/uax29/v2 v2.2.0 // indirect
