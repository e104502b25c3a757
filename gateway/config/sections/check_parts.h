// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/sections/check.h"

namespace msggw::config {

using Findings = std::vector<Finding>;

// One for each section that has something to check of its own.
void check_gateway(const core::Limits& limits, Findings& found);
void check_mqtt(const mqtt::Options& mqtt, Purpose purpose, Findings& found);
void check_sms(const sms::Options& sms, Purpose purpose, Findings& found);
void check_msgin5g(const msgin5g::Options& msgin5g, Purpose purpose, Findings& found);
void check_provisioning(const Config& config, Purpose purpose, Findings& found);
void check_function(const Config& config, Purpose purpose, Findings& found);
void check_policy(const function::Options& pf, Findings& found);

/// What is wrong with a service_id_template or with the JSON text of a service_info, in words;
/// empty: nothing.
std::string template_wrong(std::string_view pattern, const protocol::WireLimits& wire);
std::string service_info_wrong(std::string_view text, const protocol::WireLimits& wire);
/// The JSON text of "segmentSize" in a service_info that is right.
std::optional<std::string> segment_size_of(std::string_view service_info);

// One SMSC, of [sms] or a [[smsc]]; `section` is what the findings name.

/// What is wrong with a pattern of phone numbers; empty: nothing.
std::string number_pattern_wrong(std::string_view pattern);
/// Each value alone.
void check_smsc_forms(std::string_view section, const sms::SmscOptions& smsc, Findings& found);
/// Its certificate, key and CA together.
void check_smsc_tls(std::string_view section, const sms::SmscOptions& smsc, Findings& found);
/// Whether this process may read them.
void check_smsc_files(std::string_view section, const sms::SmscOptions& smsc, Findings& found);

// One MSGin5G Server, of [msgin5g.server] or a [[server]].

/// All that can be said without its files.
void check_server(std::string_view section, const msgin5g::ServerOptions& server,
                  bool allow_cleartext, Findings& found);
/// Whether this process may read them.
void check_server_files(std::string_view section, const msgin5g::ServerOptions& server,
                        Findings& found);

// What several sections have to check.

/// What is wrong with speaking to `root`, as the end of a sentence; empty: nothing.
std::string cleartext_wrong(const base::Uri& root, bool allow_cleartext);

/// The option `low_key` must not be above `high_key` of the same section, which `high_name` is
/// "section.key" of.
void check_order(std::string_view section, std::string_view low_key, base::Duration low,
                 std::string_view high_key, base::Duration high, std::string_view high_name,
                 Findings& found);

/// A certificate is of use with its key only, and the other way round.
void check_pair(std::string_view section, const std::filesystem::path& certificate,
                const std::filesystem::path& key, Findings& found);

/// CRLs are of use beside the CAs whose they are, which the section calls `ca_key`.
void check_crl(std::string_view section, const std::filesystem::path& crl, std::string_view ca_key,
               const std::filesystem::path& ca, Findings& found);

/// Whether this process may read `file`; an empty one is not looked at.
void check_file(std::string_view section, std::string_view key, const std::filesystem::path& file,
                Findings& found);

}  // namespace msggw::config
