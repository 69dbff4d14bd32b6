// SPDX-License-Identifier: Apache-2.0

package s3test_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sidetrace/sidetrace/internal/s3test"
)

// The server keeps its data while it is stopped. This is also the test that
// builds it when it is not there.
func TestServer(t *testing.T) {
	s := s3test.New(t)
	_, err := s.Client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(s3test.Bucket), Key: aws.String("a/b"), Body: strings.NewReader("body"),
	})
	require.NoError(t, err)
	s.Stop()
	s.Start()
	assert.Equal(t, []string{"a/b"}, s.Objects())
}
