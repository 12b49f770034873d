package incident

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// magic lists the kinds of file the desk takes, known by their first bytes.
// Programs are not taken: a sample travels in an encrypted archive.
var magic = []struct {
	at    int
	bytes string
	kind  string
	exts  string
}{
	{0, "%PDF-", "application/pdf", "pdf"},
	{0, "\x89PNG\r\n\x1a\n", "image/png", "png"},
	{0, "\xff\xd8\xff", "image/jpeg", "jpg jpeg"},
	{0, "GIF87a", "image/gif", "gif"},
	{0, "GIF89a", "image/gif", "gif"},
	{8, "WEBP", "image/webp", "webp"},
	{0, "PK\x03\x04", "application/zip", "zip xlsx docx pptx odt ods odp"},
	{0, "\x1f\x8b", "application/gzip", "gz tgz"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7z"},
	{0, "\xfd7zXZ\x00", "application/x-xz", "xz"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd", "zst"},
	{0, "\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap", "pcap cap"},
	{0, "\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap", "pcap cap"},
	{0, "\x0a\x0d\x0d\x0a", "application/x-pcapng", "pcapng"},
	{0, "ElfFile\x00", "application/x-evtx", "evtx"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", "doc xls ppt msg"},
}

// texts are the extensions of plain text that are taken.
const texts = "txt log csv tsv json jsonl xml eml md yaml yml ioc stix rtf ics"

// office are the parts by which a document in a ZIP is known.
var office = map[string]string{
	"xlsx": "xl/", "docx": "word/", "pptx": "ppt/", "odt": "mimetype", "ods": "mimetype", "odp": "mimetype",
}

// sniff finds the media type by content; kind is "" for what is not taken, ok
// says whether the name agrees with the content.
func sniff(data []byte, name string) (kind string, ok bool) {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	for _, program := range []string{"MZ", "\x7fELF", "\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xca\xfe\xba\xbe", "#!"} {
		if bytes.HasPrefix(data, []byte(program)) {
			return "", false
		}
	}
	for _, m := range magic {
		if len(data) < m.at+len(m.bytes) || string(data[m.at:m.at+len(m.bytes)]) != m.bytes {
			continue
		}
		if part, is := office[ext]; is && m.kind == "application/zip" {
			return "application/zip", bytes.Contains(data[:min(len(data), 64<<10)], []byte(part)) || bytes.Contains(data[max(0, len(data)-64<<10):], []byte(part))
		}
		return m.kind, contains(m.exts, ext)
	}
	if !plain(data) {
		return "", false
	}
	if ext == "html" || ext == "htm" || ext == "svg" || ext == "js" || ext == "ps1" || ext == "vbs" || ext == "bat" || ext == "sh" {
		return "", false
	}
	return "text/plain", contains(texts, ext) || ext == ""
}

// plain says whether data are text in UTF-8 or UTF-16.
func plain(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return len(data)%2 == 0
	}
	return utf8.Valid(data) && !bytes.ContainsAny(data, "\x00\x01\x02\x03\x04\x05\x06\x07\x0e\x0f")
}

func contains(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}
