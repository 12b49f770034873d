package stix

import "strings"

// words is one vocabulary of section 10: open ones suggest, enumerations bind.
type words struct {
	name    string // the specification's name, for messages
	section string
	set     map[string]struct{}
}

func vocab(section, name, list string) *words {
	w := &words{name: name, section: section, set: map[string]struct{}{}}
	for s := range strings.FieldsSeq(list) {
		w.set[s] = struct{}{}
	}
	return w
}

func (w *words) has(s []byte) bool {
	_, ok := w.set[string(s)]
	return ok
}

// vocabularies holds section 10 of the specification.
type vocabularies struct {
	account, motivation, resource, encryption, extension, grouping, hash, identity, language, indicator,
	sector, infrastructure, result, capability, malware, family, socket, opinion, pattern, processor, region, report,
	actor, role, sophistication, tool, integrity, pe, registry, start, service, status, tlp2 *words
}

func newVocabularies() *vocabularies {
	return &vocabularies{
		account: vocab("10.1", "account-type-ov",
			"facebook ldap nis openid radius skype tacacs twitter unix windows-local windows-domain"),
		motivation: vocab("10.2", "attack-motivation-ov",
			"accidental coercion dominance ideology notoriety organizational-gain personal-gain "+
				"personal-satisfaction revenge unpredictable"),
		resource: vocab("10.3", "attack-resource-level-ov",
			"individual club contest team organization government"),
		encryption: vocab("10.4", "encryption-algorithm-enum",
			"AES-256-GCM ChaCha20-Poly1305 mime-type-indicated"),
		extension: vocab("10.5", "extension-type-enum",
			"new-sdo new-sco new-sro property-extension toplevel-property-extension"),
		grouping: vocab("10.6", "grouping-context-ov", "suspicious-activity malware-analysis unspecified"),
		hash: vocab("10.7", "hash-algorithm-ov",
			"MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH"),
		identity: vocab("10.8", "identity-class-ov", "individual group system organization class unknown"),
		language: vocab("10.9", "implementation-language-ov",
			"applescript bash c c++ c# go java javascript lua objective-c perl php powershell python ruby rust scala "+
				"swift typescript visual-basic x86-32 x86-64"),
		indicator: vocab("10.10", "indicator-type-ov",
			"anomalous-activity anonymization benign compromised malicious-activity attribution unknown"),
		sector: vocab("10.11", "industry-sector-ov",
			"agriculture aerospace automotive chemical commercial communications construction defense education "+
				"energy entertainment financial-services government emergency-services government-local "+
				"government-national government-public-services government-regional healthcare "+
				"hospitality-leisure infrastructure dams nuclear water insurance legal manufacturing mining non-profit "+
				"pharmaceuticals retail technology telecommunications transportation utilities"),
		infrastructure: vocab("10.12", "infrastructure-type-ov",
			"amplification anonymization botnet command-and-control control-system exfiltration firewall "+
				"hosting-malware hosting-target-lists phishing reconnaissance routers-switches staging "+
				"workstation unknown"),
		result: vocab("10.14", "malware-result-ov", "malicious suspicious benign unknown"),
		capability: vocab("10.13", "malware-capabilities-ov",
			"accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics "+
				"anti-sandbox anti-vm captures-input-peripherals captures-output-peripherals "+
				"captures-system-state-data cleans-traces-of-infection commits-fraud communicates-with-c2 "+
				"compromises-data-availability compromises-data-integrity compromises-system-availability "+
				"controls-local-machine degrades-security-software degrades-system-updates determines-c2-server "+
				"emails-spam escalates-privileges evades-av exfiltrates-data fingerprints-host hides-artifacts "+
				"hides-executing-code infects-files infects-remote-machines installs-other-components "+
				"persists-after-system-reboot prevents-artifact-access prevents-artifact-deletion "+
				"probes-network-environment self-modifies steals-authentication-credentials "+
				"violates-system-operational-integrity"),
		malware: vocab("10.15", "malware-type-ov",
			"adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware "+
				"remote-access-trojan resource-exploitation rogue-security-software rootkit screen-capture "+
				"spyware trojan unknown virus webshell wiper worm"),
		family: vocab("10.16", "network-socket-address-family-enum",
			"AF_UNSPEC AF_INET AF_IPX AF_APPLETALK AF_NETBIOS AF_INET6 AF_IRDA AF_BTH"),
		socket: vocab("10.17", "network-socket-type-enum",
			"SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET"),
		opinion:   vocab("10.18", "opinion-enum", "strongly-disagree disagree neutral agree strongly-agree"),
		pattern:   vocab("10.19", "pattern-type-ov", "stix pcre sigma snort suricata yara"),
		processor: vocab("10.20", "processor-architecture-ov", "alpha arm ia-64 mips powerpc sparc x86 x86-64"),
		region: vocab("10.21", "region-ov",
			"africa eastern-africa middle-africa northern-africa southern-africa western-africa americas "+
				"latin-america-caribbean south-america caribbean central-america northern-america asia "+
				"central-asia eastern-asia southern-asia south-eastern-asia western-asia europe eastern-europe "+
				"northern-europe southern-europe western-europe oceania antarctica australia-new-zealand "+
				"melanesia micronesia polynesia"),
		report: vocab("10.22", "report-type-ov",
			"attack-pattern campaign identity incident indicator intrusion-set malware observed-data threat-actor "+
				"threat-report tool vulnerability"),
		actor: vocab("10.23", "threat-actor-type-ov",
			"activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled "+
				"nation-state private-sector sensationalist spy terrorist unknown"),
		role: vocab("10.24", "threat-actor-role-ov",
			"agent director independent infrastructure-architect infrastructure-operator malware-author sponsor"),
		sophistication: vocab("10.25", "threat-actor-sophistication-ov",
			"none minimal intermediate advanced expert innovator strategic"),
		tool: vocab("10.26", "tool-type-ov",
			"denial-of-service exploitation information-gathering network-capture credential-exploitation "+
				"remote-access vulnerability-scanning unknown"),
		integrity: vocab("10.27", "windows-integrity-level-enum", "low medium high system"),
		pe:        vocab("10.28", "windows-pebinary-type-ov", "dll exe sys"),
		registry: vocab("10.29", "windows-registry-datatype-enum",
			"REG_NONE REG_SZ REG_EXPAND_SZ REG_BINARY REG_DWORD REG_DWORD_BIG_ENDIAN REG_DWORD_LITTLE_ENDIAN "+
				"REG_LINK REG_MULTI_SZ REG_RESOURCE_LIST REG_FULL_RESOURCE_DESCRIPTION "+
				"REG_RESOURCE_REQUIREMENTS_LIST REG_QWORD REG_INVALID_TYPE"),
		start: vocab("10.30", "windows-service-start-type-enum",
			"SERVICE_AUTO_START SERVICE_BOOT_START SERVICE_DEMAND_START SERVICE_DISABLED SERVICE_SYSTEM_ALERT"),
		service: vocab("10.31", "windows-service-type-enum",
			"SERVICE_KERNEL_DRIVER SERVICE_FILE_SYSTEM_DRIVER SERVICE_WIN32_OWN_PROCESS "+
				"SERVICE_WIN32_SHARE_PROCESS"),
		status: vocab("10.32", "windows-service-status-enum",
			"SERVICE_CONTINUE_PENDING SERVICE_PAUSE_PENDING SERVICE_PAUSED SERVICE_RUNNING "+
				"SERVICE_START_PENDING SERVICE_STOP_PENDING SERVICE_STOPPED"),
		tlp2: vocab("TLP 2.0", "tlp_2_0", "clear green amber amber+strict red"),
	}
}
