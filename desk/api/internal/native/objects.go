// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sidetrace/sidetrace/desk/api/internal/web"
	"github.com/sidetrace/sidetrace/desk/api/objects"
	"github.com/sidetrace/sidetrace/desk/trace/semconv"
)

// maxObjects is how many values are read at a time, each of which is in memory.
const maxObjects = 4

// object answers with a large value that a link names, or its beginning.
func (f *face) object(w http.ResponseWriter, r *http.Request) error {
	p := web.ReadParams(r)
	link := strings.TrimPrefix(p.Text("url"), semconv.LinkPrefix)
	limit := p.Int(web.Whole{Default: objects.MaxBytes, Min: 1, Max: objects.MaxBytes}, "limit")
	if link == "" {
		p.Fail(web.BadParam("url", "want the link of a value, such as s3://bucket/key or file:///folder/key"))
	}
	if err := p.Strict(); err != nil {
		return err
	}
	body, err := f.stored(r.Context(), link)
	if r.Context().Err() != nil {
		return r.Context().Err()
	}
	if err != nil {
		return objectError(link, err)
	}
	serveObject(w, r, body, limit)
	return nil
}

// objectError says what is wrong without telling more of a place than the link does.
func objectError(link string, err error) error {
	switch {
	case errors.Is(err, objects.ErrUnknownPlace):
		return web.BadParam("url", "%.200q: no place is configured that values like this may be read from", link)
	case errors.Is(err, objects.ErrTooLarge):
		return &web.Error{Code: web.TooLarge, Message: fmt.Sprintf("the value is longer than %d bytes", objects.MaxBytes)}
	case errors.Is(err, fs.ErrNotExist):
		return &web.Error{Code: web.NotFound, Message: fmt.Sprintf("there is no value at %.200q: it may not have been stored yet, or no longer", link)}
	}
	return &web.Error{Code: web.Internal, Message: "the value could not be read from where it is stored", Cause: err}
}

// serveObject answers with a value, of which the client may ask for a range.
func serveObject(w http.ResponseWriter, r *http.Request, body []byte, limit int) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if utf8.Valid(body) && json.Valid(body) {
		h.Set("Content-Type", web.ContentJSON)
	}
	h.Set("Cache-Control", "private, max-age=300")
	if limit < len(body) {
		for cut := limit; cut > 0 && limit-cut < utf8.UTFMax; cut-- {
			if utf8.RuneStart(body[cut]) {
				limit = cut
				break
			}
		}
		h.Set("Content-Type", "text/plain; charset=utf-8")
		r.Header.Set("Range", fmt.Sprintf("bytes=0-%d", limit-1))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
