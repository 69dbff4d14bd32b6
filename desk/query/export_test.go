// SPDX-License-Identifier: Apache-2.0

package query

// ShorthandNames are the attributes that each shorthand reads, by what they say.
func ShorthandNames() map[string][][]string {
	names := map[string][][]string{
		"tokens": {inputTokenKeys, outputTokenKeys, totalTokenKeys},
		"ttft":   {firstChunkKeys, firstFrameKeys},
	}
	for name, i := range intrinsics {
		if i.keys != nil {
			names[name] = [][]string{i.keys}
		}
	}
	return names
}
