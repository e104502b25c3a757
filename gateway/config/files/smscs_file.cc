// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/smscs_file.h"

#include <map>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files {

using config_language::TableReader;

namespace {

using Smsc = sms::SmscOptions;

constexpr const char* kSmsc = "smsc";

// What it has from [sms] was looked at there.
void check(TableReader& reader, const Smsc& smsc, bool touch_files) {
  config::Findings own;
  config::check_smsc_forms(kSmsc, smsc, own);
  if (touch_files) config::check_smsc_files(kSmsc, smsc, own);
  for (const config::Finding& finding : own) {
    if (reader.is_good(finding.key)) reader.problem(finding.key, finding.what);
  }
  config::Findings together;
  config::check_smsc_tls(kSmsc, smsc, together);
  for (const config::Finding& finding : together) {
    const auto is_bad = [&](std::string_view key) {
      return reader.has(key) && !reader.is_good(key);
    };
    if (!is_bad("ca") && !is_bad("crl") && !is_bad("certificate") && !is_bad("key"))
      reader.problem(finding.key, finding.what);
  }
}

/// `touch_files`: whether the key files that it names are looked at.
std::vector<Smsc> read_smscs(std::string_view text, std::string_view name, const Smsc& defaults,
                             bool touch_files, config_language::Origins& origins) {
  config_language::Problems problems(name);
  std::vector<Smsc> smscs;
  std::map<std::string, unsigned> names;
  const auto read_smsc = [&](TableReader& reader) {
    Smsc& smsc = smscs.emplace_back(defaults);
    config_language::OptionTable options;
    options.section(kSmsc);
    config::declare_smsc(options, smsc);
    reader.read(options, kSmsc, {});
    reader.check_unique("name", smsc.name, "SMSC", names);
    reader.put_origins(origins);
    if (touch_files) {
      auto whence = config_language::read_secret(reader, "password", smsc.password_file,
                                                 std::string(kSmsc) + "." + smsc.name,
                                                 smsc.password, sms::kMostAccountText);
      if (!whence.empty()) origins[reader.name() + " password"] = std::move(whence);
    }
    check(reader, smsc, touch_files);
  };
  config_language::read_list(text,
                             {.key = kSmsc,
                              .item = "SMSC",
                              .holds = "this file holds nothing but [[smsc]]",
                              .most_octets = kMostSmscsOctets,
                              .least_items = 1,
                              .most_items = kMostSmscs},
                             problems, read_smsc);
  if (smscs.empty() && problems.empty())
    problems.add(0, {}, "names no SMSC, write at least one [[smsc]]");
  problems.throw_if_any();
  return smscs;
}

}  // namespace

std::vector<sms::SmscOptions> load_smscs_text(std::string_view text, std::string_view name,
                                              const sms::SmscOptions& defaults) {
  config_language::Origins ignored;
  return read_smscs(text, name, defaults, false, ignored);
}

std::vector<sms::SmscOptions> load_smscs(const sms::Options& sms,
                                         config_language::Origins& origins) {
  return read_smscs(config_language::read_file(sms.smscs_file, kMostSmscsOctets),
                    base::printable(sms.smscs_file.native(), 200), sms.smsc, true, origins);
}

}  // namespace msggw::config_files
