// SPDX-License-Identifier: Apache-2.0

package semconv

import "strings"

// LinkKey is an attribute with the link to a large value in object storage, and
// LinkPrefix is what stands before the link in an attribute whose value it replaces, as
// Sidetrace writes them.
const (
	LinkKey    = "trace_link"
	LinkPrefix = LinkKey + ": "
)

// objectSchemes begin the URLs of objects.
var objectSchemes = []string{"s3://", "file://", "gs://", "oss://", "cos://", "abfs://", "abfss://", "azblob://", "minio://"}

// IsObjectURL reports whether a text is nothing but the URL of an object.
func IsObjectURL(text string) bool {
	for _, scheme := range objectSchemes {
		if strings.HasPrefix(text, scheme) {
			return !strings.ContainsAny(text, " \n")
		}
	}
	return false
}
