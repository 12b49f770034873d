package stix

// observable fills section 6. A type's contributing properties are those of
// its deterministic identifier (section 3.4).
func (t *spec) observable() {
	key := func(sh *shape, contributing ...string) { sh.contrib = contributing }

	key(t.set("artifact", []prop{
		as("mime_type", formMIME), as("payload_bin", formBinary), as("url", formURL), hashes("hashes"),
		enum("encryption_algorithm", t.encryption), text("decryption_key"),
	}, "one payload_bin url", "needs url: hashes", "needs decryption_key: encryption_algorithm"),
		"hashes", "payload_bin")
	key(t.set("autonomous-system", []prop{must(integer("number")), text("name"), text("rir")}), "number")
	key(t.set("directory", []prop{
		must(text("path")), as("path_enc", formCharset), when("ctime"), when("mtime"), when("atime"),
		t.refs("contains_refs", "file directory"),
	}), "path")
	key(t.set("domain-name", []prop{
		must(as("value", formDomain)), t.refs("resolves_to_refs", "ipv4-addr ipv6-addr domain-name"),
	}), "value")
	key(t.set("email-addr", []prop{
		must(as("value", formEmail)), text("display_name"), t.ref("belongs_to_ref", "user-account"),
	}), "value")
	key(t.set("email-message", []prop{
		must(flag("is_multipart")), when("date"), text("content_type"), t.ref("from_ref", "email-addr"),
		t.ref("sender_ref", "email-addr"), t.refs("to_refs", "email-addr"), t.refs("cc_refs", "email-addr"),
		t.refs("bcc_refs", "email-addr"), text("message_id"), text("subject"), texts("received_lines"),
		as("additional_header_fields", formHeaders), text("body"), embeds("body_multipart", t.mime),
		t.ref("raw_email_ref", "artifact"),
	}, "nottrue is_multipart: body", "onlyif is_multipart: body_multipart"), "from_ref", "subject", "body")
	key(t.set("file", []prop{
		hashes("hashes"), natural("size"), text("name"), as("name_enc", formCharset), hexes("magic_number_hex"),
		text("mime_type"), when("ctime"), when("mtime"), when("atime"),
		t.ref("parent_directory_ref", "directory"), t.refs("contains_refs", "sco"), t.ref("content_ref", "artifact"),
	}, "any hashes name", "needs name_enc: name"), "hashes", "name", "parent_directory_ref", "extensions")
	for _, ip := range []struct {
		name string
		form form
	}{{"ipv4-addr", formIPv4}, {"ipv6-addr", formIPv6}} {
		key(t.set(ip.name, []prop{
			must(as("value", ip.form)), t.refs("resolves_to_refs", "mac-addr"),
			t.refs("belongs_to_refs", "autonomous-system"),
		}), "value")
	}
	key(t.set("mac-addr", []prop{must(as("value", formMAC))}), "value")
	key(t.set("mutex", []prop{must(text("name"))}), "name")
	ends := "ipv4-addr ipv6-addr mac-addr domain-name"
	key(t.set("network-traffic", []prop{
		when("start"), when("end"), flag("is_active"), t.ref("src_ref", ends), t.ref("dst_ref", ends),
		within("src_port", 0, 65535), within("dst_port", 0, 65535), must(texts("protocols")),
		natural("src_byte_count"), natural("dst_byte_count"), natural("src_packets"), natural("dst_packets"),
		dict("ipfix"), t.ref("src_payload_ref", "artifact"), t.ref("dst_payload_ref", "artifact"),
		t.refs("encapsulates_refs", "network-traffic"), t.ref("encapsulated_by_ref", "network-traffic"),
	}, "any src_ref dst_ref", "order start end", "nottrue is_active: end"),
		"start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions")
	t.set("process", []prop{
		flag("is_hidden"), integer("pid"), when("created_time"), text("cwd"), text("command_line"),
		dict("environment_variables"), t.refs("opened_connection_refs", "network-traffic"),
		t.ref("creator_user_ref", "user-account"), t.ref("image_ref", "file"), t.ref("parent_ref", "process"),
		t.refs("child_refs", "process"),
	}, "any is_hidden pid created_time cwd command_line environment_variables opened_connection_refs "+
		"creator_user_ref image_ref parent_ref child_refs extensions")
	languages := as("languages", formLang)
	languages.want.list = true
	key(t.set("software", []prop{
		must(text("name")), as("cpe", formCPE), text("swid"), languages, text("vendor"), text("version"),
	}), "name", "cpe", "swid", "vendor", "version")
	key(t.set("url", []prop{must(as("value", formURL))}), "value")
	key(t.set("user-account", []prop{
		text("user_id"), text("credential"), text("account_login"), open("account_type", t.account),
		text("display_name"), flag("is_service_account"), flag("is_privileged"), flag("can_escalate_privs"),
		flag("is_disabled"), when("account_created"), when("account_expires"), when("credential_last_changed"),
		when("account_first_login"), when("account_last_login"),
	}, "any *"), "account_type", "user_id", "account_login")
	value := &shape{name: "windows-registry-value-type", section: "6.17.2", props: []prop{
		text("name"), text("data"), enum("data_type", t.registry),
	}, rules: []string{"any name data data_type"}}
	t.compile(value)
	key(t.set("windows-registry-key", []prop{
		as("key", formHive), embeds("values", value), when("modified_time"), t.ref("creator_user_ref", "user-account"),
		natural("number_of_subkeys"),
	}, "any *"), "key", "values")
	v3 := &shape{name: "x509-v3-extensions-type", section: "6.18.2", props: []prop{
		text("basic_constraints"), text("name_constraints"), text("policy_constraints"), text("key_usage"),
		text("extended_key_usage"), text("subject_key_identifier"), text("authority_key_identifier"),
		text("subject_alternative_name"), text("issuer_alternative_name"), text("subject_directory_attributes"),
		text("crl_distribution_points"), text("inhibit_any_policy"), when("private_key_usage_period_not_before"),
		when("private_key_usage_period_not_after"), text("certificate_policies"), text("policy_mappings"),
	}, rules: []string{"any *"}}
	t.compile(v3)
	key(t.set("x509-certificate", []prop{
		flag("is_self_signed"), hashes("hashes"), text("version"), text("serial_number"), text("signature_algorithm"),
		text("issuer"), when("validity_not_before"), when("validity_not_after"), text("subject"),
		text("subject_public_key_algorithm"), text("subject_public_key_modulus"),
		integer("subject_public_key_exponent"), embed("x509_v3_extensions", v3),
	}, "any *"), "hashes", "serial_number")
}

// predefined fills the extensions sections 6.7, 6.12, 6.13 and 6.16 define.
func (t *spec) predefined() {
	add := func(host, section, name string, props []prop, rules ...string) {
		sh := &shape{name: name, section: section, host: host, props: props, rules: rules}
		t.compile(sh)
		t.extensions[name] = sh
	}
	add("file", "6.7.2", "archive-ext", []prop{must(t.refs("contains_refs", "file directory")), text("comment")})
	stream := &shape{name: "alternate-data-stream-type", section: "6.7.3.2", props: []prop{
		must(text("name")), hashes("hashes"), natural("size"),
	}}
	t.compile(stream)
	add("file", "6.7.3", "ntfs-ext", []prop{text("sid"), embeds("alternate_data_streams", stream)}, "any *")
	add("file", "6.7.4", "pdf-ext", []prop{
		text("version"), flag("is_optimized"), dict("document_info_dict"), text("pdfid0"), text("pdfid1"),
	}, "any *")
	add("file", "6.7.5", "raster-image-ext", []prop{
		integer("image_height"), integer("image_width"), integer("bits_per_pixel"), dict("exif_tags"),
	}, "any *")
	header := &shape{name: "windows-pe-optional-header-type", section: "6.7.6.2", props: []prop{
		hexes("magic_hex"), integer("major_linker_version"), integer("minor_linker_version"), natural("size_of_code"),
		natural("size_of_initialized_data"), natural("size_of_uninitialized_data"), integer("address_of_entry_point"),
		integer("base_of_code"), integer("base_of_data"), integer("image_base"), integer("section_alignment"),
		integer("file_alignment"), integer("major_os_version"), integer("minor_os_version"),
		integer("major_image_version"), integer("minor_image_version"), integer("major_subsystem_version"),
		integer("minor_subsystem_version"), hexes("win32_version_value_hex"), natural("size_of_image"),
		natural("size_of_headers"), hexes("checksum_hex"), hexes("subsystem_hex"), hexes("dll_characteristics_hex"),
		natural("size_of_stack_reserve"), natural("size_of_stack_commit"), natural("size_of_heap_reserve"),
		natural("size_of_heap_commit"), hexes("loader_flags_hex"), integer("number_of_rva_and_sizes"),
		hashes("hashes"),
	}, rules: []string{"any *"}}
	section := &shape{name: "windows-pe-section-type", section: "6.7.6.3", props: []prop{
		must(text("name")), natural("size"), decimal("entropy"), hashes("hashes"),
	}}
	t.compile(header)
	t.compile(section)
	add("file", "6.7.6", "windows-pebinary-ext", []prop{
		must(open("pe_type", t.pe)), text("imphash"), hexes("machine_hex"), natural("number_of_sections"),
		as("time_date_stamp", formSeconds), hexes("pointer_to_symbol_table_hex"), natural("number_of_symbols"),
		natural("size_of_optional_header"), hexes("characteristics_hex"), hashes("file_header_hashes"),
		embed("optional_header", header), embeds("sections", section),
	})
	add("network-traffic", "6.12.2", "http-request-ext", []prop{
		must(text("request_method")), must(text("request_value")), text("request_version"), as("request_header", formHeaders),
		natural("message_body_length"), t.ref("message_body_data_ref", "artifact"),
	})
	add("network-traffic", "6.12.3", "icmp-ext", []prop{must(hexes("icmp_type_hex")), must(hexes("icmp_code_hex"))})
	add("network-traffic", "6.12.4", "socket-ext", []prop{
		must(enum("address_family", t.family)), flag("is_blocking"), flag("is_listening"),
		as("options", formSocketOptions), enum("socket_type", t.socket), natural("socket_descriptor"),
		integer("socket_handle"),
	})
	add("network-traffic", "6.12.5", "tcp-ext", []prop{hexes("src_flags_hex"), hexes("dst_flags_hex")}, "any *")
	add("process", "6.13.2", "windows-process-ext", []prop{
		flag("aslr_enabled"), flag("dep_enabled"), text("priority"), text("owner_sid"), text("window_title"),
		dict("startup_info"), enum("integrity_level", t.integrity),
	}, "any *")
	add("process", "6.13.3", "windows-service-ext", []prop{
		text("service_name"), texts("descriptions"), text("display_name"), text("group_name"),
		enum("start_type", t.start), t.refs("service_dll_refs", "file"), enum("service_type", t.service),
		enum("service_status", t.status),
	}, "any *")
	add("user-account", "6.16.2", "unix-account-ext", []prop{
		integer("gid"), texts("groups"), text("home_dir"), text("shell"),
	}, "any *")
}
