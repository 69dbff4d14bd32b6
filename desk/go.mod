// The desk: receives, stores and explains traces.
module github.com/sidetrace/sidetrace/desk

go 1.26.0

replace github.com/sidetrace/sidetrace => ../
