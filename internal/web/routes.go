package web

import (
	"fmt"
	"io"

	"kulla.dev/internal/access"
)

// What a route needs beside a permission of access.
const (
	Anyone   access.Permission = "(anyone)"    // strangers too
	SignedIn access.Permission = "(signed in)" // any role; the room decides
)

// route is one line of the outside surface.
type route struct {
	Pattern string
	Need    access.Permission
	Handle  handler
}

// routes is the whole outside surface of the door for people. A request that
// matches none is answered "not found"; a permission is refused before the
// handler runs, and asked again by the room with the object at hand.
func (s *Server) routes() []route {
	all := []route{
		{"GET /healthz", Anyone, s.health},
		{"GET /readyz", Anyone, s.ready},

		{"GET /sign-in", Anyone, s.signInPage},
		{"POST /sign-in", Anyone, s.signIn},
		{"GET /sign-in/code", Anyone, s.codePage},
		{"POST /sign-in/code", Anyone, s.code},
		{"GET /sign-in/enrol", Anyone, s.enrolPage},
		{"POST /sign-in/enrol", Anyone, s.enrol},
		{"GET /forgot", Anyone, s.forgotPage},
		{"POST /forgot", Anyone, s.forgot},
		{"GET /link/{secret}", Anyone, s.linkPage},
		{"POST /link/{secret}", Anyone, s.link},
		{"POST /sign-out", Anyone, s.signOut},
		{"GET /sign-in/with/{service}", Anyone, s.serviceGo},
		{"GET /sign-in/with/{service}/back", Anyone, s.serviceBack},
		{"POST /sign-in/passkey/options", Anyone, s.passkeySignInOptions},
		{"POST /sign-in/passkey", Anyone, s.passkeySignIn},
		{"POST /settings/language", Anyone, s.preferences},
		{"POST /settings/theme", Anyone, s.preferences},

		{"GET /{$}", SignedIn, s.situationPage},
		{"POST /situation/seen", "situation.read", s.situationSeen},
		{"GET /situation/records", "situation.read", s.situationRecords},
		{"GET /papers", "council.read", s.papersPage},
		{"POST /papers", "council.write", s.paperMake},
		{"GET /papers/{id}", "council.read", s.paperPage},
		{"GET /papers/{id}/paper.pdf", "council.read", s.paperFile},
		{"GET /papers/{id}/figures/{n}", "council.read", s.figurePage},
		{"GET /proof", SignedIn, s.proofPage},
		{"POST /proof", SignedIn, s.proof},
		{"POST /proof/passkey/options", SignedIn, s.passkeyProofOptions},
		{"POST /proof/passkey", SignedIn, s.passkeyProof},
		{"GET /account", "access.self", s.accountPage},
		{"POST /account/passkeys/options", "access.self", s.passkeyNewOptions},
		{"POST /account/passkeys", "access.self", s.passkeyNew},
		{"POST /account/identities/forget", "access.self", s.accountForget},
		{"POST /account/certificates", "access.token", s.accountCertificate},
		{"POST /account/profile", "access.self", s.accountProfile},
		{"POST /account/password", "access.self", s.accountPassword},
		{"POST /account/recovery", "access.self", s.accountRecovery},
		{"POST /account/sessions/{id}/revoke", "access.self", s.accountRevoke},
		{"POST /account/institution", "access.self", s.accountAct},
		{"POST /account/tokens", "access.token", s.accountToken},
		{"POST /account/tokens/{id}/revoke", "access.token", s.accountTokenRevoke},
		{"GET /help/keyboard", Anyone, s.keyboardPage},

		{"GET /institutions/new", "registry.write", s.institutionNew},
		{"POST /institutions/new", "registry.write", s.institutionCreate},
		{"GET /institutions/import", "registry.import", s.importPage},
		{"POST /institutions/import", "registry.import", s.importPlan},
		{"POST /institutions/import/do", "registry.import", s.importDo},
		{"GET /institutions/{id}/edit", "registry.read", s.institutionEdit},
		{"POST /institutions/{id}/edit", "registry.read", s.institutionSave},
		{"GET /institutions/{id}/classify", "registry.write", s.classifyPage},
		{"POST /institutions/{id}/classify", "registry.write", s.classify},
		{"GET /proposals", "registry.read", s.proposalList},
		{"GET /proposals/{id}", "registry.read", s.proposalPage},
		{"POST /proposals/{id}/approve", "registry.approve", s.proposalDo(true, s.proposalApprove)},
		{"POST /proposals/{id}/reject", "registry.approve", s.proposalDo(true, s.proposalReject)},
		{"POST /proposals/{id}/withdraw", "registry.propose", s.proposalDo(false, s.proposalWithdraw)},
		{"POST /proposals/{id}/invite", "registry.approve", s.proposalDo(true, s.proposalInvite)},
		{"GET /register", Anyone, s.registerPage},
		{"POST /register", Anyone, s.registerBy(&strangers{})},
		{"GET /register/done", Anyone, s.registerDone},
		{"GET /accessibility", Anyone, s.accessibilityPage},
		{"GET /search", SignedIn, s.searchPage},
		{"GET /search/suggest", SignedIn, s.searchSuggest},

		{"GET /institutions", "registry.read", s.institutionList},
		{"GET /institutions/export", "registry.export", s.institutionExport},
		{"GET /institutions/{id}", "registry.read", s.institutionPage},

		{"GET /outbox", "outbox.read", s.outboxList},
		{"GET /outbox/{id}", "outbox.read", s.outboxItem},
		{"POST /outbox/{id}/approve", "outbox.approve", s.outboxDo(true, "web.desk.flash.approved", s.Outbox.Approve)},
		{"POST /outbox/{id}/reject", "outbox.approve", s.outboxDo(true, "web.desk.flash.rejected", s.Outbox.Reject)},
		{"POST /outbox/{id}/resend", "outbox.approve", s.outboxDo(false, "web.desk.flash.resent", s.Outbox.Resend)},
		{"POST /outbox/{id}/settle", "outbox.approve", s.outboxDo(false, "web.desk.flash.settled", s.Outbox.Settle)},

		{"GET /people", "access.read", s.peopleList},
		{"GET /people/institutions", "access.write", s.peopleInstitutions},
		{"GET /people/new", "access.write", s.personNew},
		{"POST /people/new", "access.write", s.personInvite},
		{"GET /people/{id}", "access.read", s.personPage},
		{"POST /people/{id}", "access.write", s.personChange},
		{"POST /people/{id}/reset", "access.write", s.personAct(s.resetPerson)},
		{"POST /people/{id}/end", "access.write", s.personAct(s.endPerson)},
		{"POST /people/{id}/active", "access.write", s.personAct(s.activatePerson)},

		{"GET /audit", "audit.read", s.auditList},
		{"GET /audit/chain", "audit.verify", s.auditChain},
		{"POST /audit/chain", "audit.verify", s.auditVerify},
		{"GET /audit/{id}", "audit.read", s.auditPage},
		{"GET /audit/{id}/proof", "audit.read", s.auditProof},
		{"GET /jobs", "jobs.read", s.jobList},
		{"POST /jobs/{id}/retry", "jobs.run", s.jobRetry},

		{"GET /api/v1/openapi.json", Anyone, s.apiEntry(s.programs)},
		{"/api/v1/", SignedIn, s.apiEntry(s.programs)},

		{"GET /report", "incident.submit", s.reportStart},
		{"GET /report/institutions", "incident.behalf", s.reportSuggest},
		{"GET /report/{draft}", "incident.submit", s.reportPage},
		{"POST /report/{draft}", "incident.submit", s.reportStep},
		{"POST /report/{draft}/save", "incident.submit", s.reportSave},
		{"POST /report/{draft}/drop", "incident.submit", s.reportDrop},

		{"GET /incidents", "incident.read", s.incidentList},
		{"GET /incidents/hand-over", "incident.note", s.handOverPage},
		{"POST /incidents/hand-over", "incident.answer", s.handOver},
		{"GET /incidents/{id}", "incident.read", s.incidentPage},
		{"GET /incidents/{id}/receipts/{submission}", "incident.read", s.receiptPage},
		{"GET /incidents/{id}/receipts/{submission}/pdf", "incident.read", s.receiptPDF},
		{"GET /incidents/{id}/submissions/{submission}", "incident.read", s.submissionFile},
		{"GET /incidents/{id}/files/{file}", "incident.read", s.incidentFile},
		{"GET /incidents/{id}/refer", "incident.refer", s.referPage},
		{"GET /incidents/{id}/referrals/{referral}", "incident.refer", s.referralFile},
		{"POST /incidents/{id}/answer", "incident.answer", s.act("answer", doAnswer)},
		{"POST /incidents/{id}/ask", "incident.answer", s.act("ask", doAsk)},
		{"POST /incidents/{id}/reply", "incident.submit", s.act("reply", doReply)},
		{"POST /incidents/{id}/note", "incident.note", s.act("note", doNote)},
		{"POST /incidents/{id}/assign", "incident.assign", s.act("assign", doAssign)},
		{"POST /incidents/{id}/status", "incident.assign", s.act("status", doStatus)},
		{"POST /incidents/{id}/unit", "incident.assign", s.act("unit", doUnit)},
		{"POST /incidents/{id}/classify", "incident.assign", s.act("classify", doClassify)},
		{"POST /incidents/{id}/rate", "incident.assign", s.act("rate", doRate)},
		{"POST /incidents/{id}/mark", "incident.mark", s.act("mark", doMark)},
		{"POST /incidents/{id}/order", "incident.answer", s.act("order", doOrder)},
		{"POST /incidents/{id}/refer", "incident.refer", s.act("refer", doRefer)},
		{"POST /incidents/{id}/link", "incident.write", s.act("link", doLink)},
		{"POST /incidents/{id}/merge", "incident.merge", s.act("merge", doMerge)},
		{"POST /incidents/{id}/task", "incident.note", s.act("task", doTask)},
		{"POST /incidents/{id}/tasks/{task}", "incident.note", s.act("task-done", doTaskDone)},
		{"POST /incidents/{id}/record", "incident.write", s.act("record", doRecord)},
		{"POST /incidents/{id}/correct", "incident.write", s.act("correct", doCorrect)},
		{"POST /incidents/{id}/recall", "incident.submit", s.act("recall", doRecall)},
		{"POST /incidents/{id}/attach", "incident.submit", s.act("attach", doAttach)},
	}
	return all
}

// WriteRoutes prints the surface, one line a route: the golden file that shows
// a reviewer every change of it.
func (s *Server) WriteRoutes(w io.Writer) error {
	for _, r := range s.routes() {
		if _, err := fmt.Fprintf(w, "%-52s %s\n", r.Pattern, r.Need); err != nil {
			return err
		}
	}
	return nil
}
