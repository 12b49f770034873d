// Package access knows the people of the desk, what they may do and how they
// sign in.
//
// # The question every room asks
//
// An [Actor] is who does something: a person in one institution, a token, or
// the desk itself. [May] answers whether the actor's roles grant a
// permission; [MayOn] whether they grant it on one object, given whose it is
// and how it is marked; [Desk.Filter] gives the same answer as a condition of
// SQL, so that what one may not read is not counted, found or listed. All
// three say no unless a line of the tables says yes:
//
//	grants.txt   which role may what, on its own institution's objects or the desk's
//	wall.txt     which information may not be read or used by whom, whatever the role
//
// # How a marking becomes a column
//
// Distinct markings are few. [Desk.Mark] writes each once to access_mark under
// an id computed from its text; a row that is marked holds mark_id, and
// owner_id, the institution it belongs to. A filter lists the ids the reader
// may read, decided in Go by marking.MayRead, so that both engines and the
// rule always agree.
//
// # Signing in
//
// Password (argon2id), then a time-based code or a recovery code; passkeys;
// OpenID Connect; client certificates for machines. Attempts are counted in
// the database before the password is looked at, per name and per network
// address, so that nodes share the count and parallel guesses are all
// counted. Nothing a stranger sees or can time tells whether a person exists.
//
// Tables: access_mark, access_person, access_member, access_session,
// access_recovery, access_token, access_link, access_attempt,
// access_identity, access_flow.
//
// # Always true
//
// No secret is stored readable: passwords are argon2id, secrets of sessions,
// tokens, links and recovery codes SHA-256 of at least 80 random bits, TOTP
// secrets sealed with the desk's key. A session is re-read on each request:
// what an administrator takes away is gone at the next click. Every change
// and every sign-in is recorded in the transaction that makes it.
package access
