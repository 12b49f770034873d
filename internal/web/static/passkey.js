// Passkeys: asks the desk what to ask the device, and hands in its answer.
// A [data-passkey] part stays hidden where the browser or the address cannot.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list || []).map((x) => ({ ...x, id: bytes(x.id) }));

async function ask(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: body ? JSON.stringify(body) : "{}",
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.detail || ""), { code: said.code, said: said.fields?.[0]?.detail || said.detail });
  return said;
}

async function create({ publicKey: o }) {
  const made = await navigator.credentials.create({
    publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) },
  });
  return {
    id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(),
    response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject), transports: made.response.getTransports?.() || [] },
  };
}

async function use({ publicKey: o }) {
  const given = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) } });
  const r = given.response;
  return {
    id: given.id, rawId: text(given.rawId), type: given.type, clientExtensionResults: given.getClientExtensionResults(),
    response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : undefined },
  };
}

const here = (domain) => location.hostname === domain || location.hostname.endsWith(`.${domain}`);

for (const part of document.querySelectorAll("[data-passkey]")) {
  const { passkey, domain, action, next, failed } = part.dataset;
  if (!window.PublicKeyCredential || !here(domain)) continue;
  const button = part.querySelector("button"), error = part.querySelector("[role=alert]"), name = part.querySelector("input");
  part.hidden = false;
  const go = async () => {
    button.disabled = true;
    error.textContent = "";
    try {
      const options = await ask(`${action}/options`);
      const answer = await (passkey === "new" ? create : use)(options);
      const query = passkey === "new" ? `name=${encodeURIComponent(name.value)}` : `next=${encodeURIComponent(next)}`;
      const { location: to } = await ask(`${action}?${query}`, answer);
      location.assign(to);
    } catch (e) {
      if (e.code === "access.step-up.needed") return location.assign(`/proof?next=${encodeURIComponent(next)}`);
      error.textContent = e.said || failed;
    } finally {
      button.disabled = false;
    }
  };
  button.addEventListener("click", go);
  name?.addEventListener("keydown", (e) => e.key === "Enter" && (e.preventDefault(), go()));
}
