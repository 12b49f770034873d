// Package outbox is the only way out: every act that leaves the house is
// proposed, approved where its marking or kind asks, performed once, and its
// receipt kept.
//
// Table: outbox_item. A kind and a key are unique for ever, so that proposing
// the same receipt twice gives one.
//
// # The life of an item
//
//	proposed ─ approved ─ claimed ─ handing ─ sent
//	        └ rejected            └ failed  └ uncertain
//
// [Desk.Propose] runs in the transaction of the act that makes it necessary
// and asks marking.MayRelease about the recipient: what may not be released is
// refused there and then, with the reason. An item that needs no approval is
// approved at once. A job hands it over: the connection is opened first, then
// the state "handing" is committed, then the message is handed over, then
// "sent" is committed with what the other side answered.
//
// # Exactly once, and the one honest gap
//
// A node that dies before "handing" leaves an item that is sent by another; a
// node that dies after the other side answered, but before that answer is
// stored, leaves it "handing". Nobody can know whether such a message arrived,
// so it becomes "uncertain": it is never sent again by itself, the duty
// officer sees it and decides ([Desk.Resend], [Desk.Settle]). Its Message-ID
// is the item's id, so that a mail server that saw it recognises it.
//
// Always true: no byte leaves without a row; every row says why it may leave;
// the digest in the row is that of the content handed over.
package outbox
