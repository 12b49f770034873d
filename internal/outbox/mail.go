package outbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// MailConfig says how mail leaves.
type MailConfig struct {
	// URL of the mail server: smtp://host:port (STARTTLS demanded),
	// smtps://host:port (TLS from the first byte), smtp+plain://host:port (no
	// TLS: loopback only), file:FOLDER (messages are put there as .eml files:
	// demo, and desks whose mail is collected by another program).
	URL      string
	From     string // sender, "Name <address>" or an address
	User     string
	Password string
	Roots    *tls.Config // certificate authorities and names; nil for the system's
	Timeout  time.Duration
}

// Mailer hands messages to one mail server or folder.
type Mailer struct {
	MailConfig
	url *url.URL
}

// NewMailer checks the configuration; it does not connect.
func NewMailer(c MailConfig) (*Mailer, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("mail URL: %w", err)
	}
	switch u.Scheme {
	case "file":
	case "smtp", "smtps":
	case "smtp+plain":
		if h := u.Hostname(); h != "localhost" && h != "127.0.0.1" && h != "::1" {
			return nil, fmt.Errorf("mail URL: smtp+plain is for this machine only, not for %q: use smtp:// or smtps://", h)
		}
	default:
		return nil, fmt.Errorf("mail URL: unknown scheme %q: use smtp, smtps or file", u.Scheme)
	}
	if err := mail.NewMsg().From(c.From); err != nil {
		return nil, fmt.Errorf("mail sender %q: %w", c.From, err)
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return &Mailer{c, u}, nil
}

type outcome int

const (
	outcomeUnknown outcome = iota // nobody can tell whether it arrived
	outcomeSent
	outcomeRefused // permanently
	outcomeNotNow  // temporarily, and certainly not accepted
)

type conn struct {
	m      *Mailer
	client *mail.Client // nil for a folder
}

func (m *Mailer) open(ctx context.Context) (*conn, error) {
	if m.url.Scheme == "file" {
		if err := os.MkdirAll(m.folder(), 0o700); err != nil {
			return nil, err
		}
		return &conn{m: m}, nil
	}
	port, err := strconv.Atoi(m.url.Port())
	if err != nil {
		port = map[string]int{"smtp": 587, "smtps": 465, "smtp+plain": 25}[m.url.Scheme]
	}
	opts := []mail.Option{mail.WithPort(port), mail.WithTimeout(m.Timeout)}
	switch m.url.Scheme {
	case "smtps":
		opts = append(opts, mail.WithSSL())
	case "smtp":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if m.Roots != nil {
		opts = append(opts, mail.WithTLSConfig(m.Roots))
	}
	if m.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	c, err := mail.NewClient(m.url.Hostname(), opts...)
	if err != nil {
		return nil, err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return nil, err
	}
	return &conn{m, c}, nil
}

func (m *Mailer) folder() string { return m.url.Opaque + m.url.Path }

func (c *conn) close() {
	if c.client != nil {
		_ = c.client.Close()
	}
}

// send hands the item over and says how it went.
func (c *conn) send(it Item, now time.Time) (receipt string, o outcome, err error) {
	msg, err := c.m.message(it, now)
	if err != nil {
		return "", outcomeRefused, err // the address or text cannot be a message: trying again will not help
	}
	if c.client == nil {
		return c.m.drop(it, msg)
	}
	if err := c.client.Send(msg); err != nil {
		se, ok := errors.AsType[*mail.SendError](err)
		switch {
		case ok && se.Reason != mail.ErrSMTPDataClose && se.IsTemp():
			return "", outcomeNotNow, err
		case ok && se.ErrorCode() >= 500:
			return "", outcomeRefused, err
		case ok && se.ErrorCode() >= 400:
			return "", outcomeNotNow, err
		case ok && (se.Reason == mail.ErrSMTPMailFrom || se.Reason == mail.ErrSMTPRcptTo || se.Reason == mail.ErrConnCheck || se.Reason == mail.ErrSMTPData):
			return "", outcomeNotNow, err // the connection broke before the text was handed over
		}
		return "", outcomeUnknown, err
	}
	return msg.ServerResponse(), outcomeSent, nil
}

func (m *Mailer) message(it Item, now time.Time) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(m.From); err != nil {
		return nil, err
	}
	if err := msg.To(it.Address); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(strings.Trim(m.From[strings.LastIndexAny(m.From, "<")+1:], "> "), "@")
	msg.SetMessageIDWithValue(it.ID + "@" + domain)
	msg.SetDateWithValue(now)
	msg.Subject(it.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, it.Content.Text)
	if it.Content.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, it.Content.HTML)
	}
	for _, a := range it.Content.Attachments {
		if err := msg.AttachReader(a.Name, bytes.NewReader(a.Data), mail.WithFileContentType(mail.ContentType(a.Type))); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// drop puts the message into the folder, whole or not at all; the name is the
// item's id, so that it is there once.
func (m *Mailer) drop(it Item, msg *mail.Msg) (string, outcome, error) {
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return "", outcomeRefused, err
	}
	name := filepath.Join(m.folder(), it.ID+".eml")
	part := name + ".part"
	if err := os.WriteFile(part, b.Bytes(), 0o600); err != nil {
		return "", outcomeNotNow, err
	}
	if err := os.Rename(part, name); err != nil {
		return "", outcomeNotNow, err
	}
	return "kept in folder", outcomeSent, nil
}
