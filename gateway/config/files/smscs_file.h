// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/options.h"
#include "gateway/config/language/list_file.h"

namespace msggw::config_files {

/// A larger file of SMSCs is refused before it is parsed.
inline constexpr std::size_t kMostSmscsOctets = 256 * 1024;
inline constexpr std::size_t kMostSmscs = 32;

/// The SMSCs of sms.smscs_file, which must be named: a list of [[smsc]] in the order of preference
/// (docs/smscs.md). A key that a table has not is taken from sms.smsc, but for the name.
///
/// Throws ConfigError with every mistake as "FILE:LINE: [smsc NAME] key: what is wrong, what is
/// allowed"; an SMSC without a name is called by its place, "[smsc #2]". The values of sms.smsc are
/// not looked at again. Passwords are never quoted. `origins`: of what is not from [sms] it is told
/// where it stands, as "[smsc NAME] key".
std::vector<sms::SmscOptions> load_smscs(const sms::Options& sms,
                                         config_language::Origins& origins);

/// The same for a text in memory; `name` stands for FILE in the messages, and files that the text
/// names are not touched. `text` may be any octets.
std::vector<sms::SmscOptions> load_smscs_text(std::string_view text, std::string_view name,
                                              const sms::SmscOptions& defaults);

}  // namespace msggw::config_files
