// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/wire/tls/calendar.h"
#include "gateway/config/sections/config.h"
#include "gateway/process/origin.h"

namespace msggw::process {

/// The TLS files of a section, as they are used.
struct TlsFiles {
  std::string section;
  std::string subject;  ///< as a person knows it
  tls::Options made;    ///< of it
};
std::vector<TlsFiles> tls_files_of_gateway(const config::Config& config);
std::vector<TlsFiles> tls_files_of_function(const function::Options& pf);

/// For a reload, which has something better to go on with: every fault of the TLS files that
/// `purpose` would use. That is a file that cannot be used, a key that is another certificate's, an
/// own certificate that has expired or is not yet valid, a CRL that has expired.
std::vector<std::string> unusable_files(const config::Config& config, config::Purpose purpose,
                                        const Origin& origin);
/// For `msggw check`: throws config_language::ConfigError with those.
void check_certificates(const config::Config& config, config::Purpose purpose,
                        const Origin& origin);
/// For a start: as check_certificates(), but for the calendar, which keeps no process from
/// starting: after a power cut a gateway with an old certificate is better than none.
void check_usable_certificates(const config::Config& config, config::Purpose purpose,
                               const Origin& origin);

/// Of a certificate: 30 days and less are left at `now`. Of a CRL, which lives for days or weeks: a
/// third of its time and less.
bool ends_soon(const tls::Ending& ending, tls::Day now);
/// When that begins.
tls::Day soon_from(const tls::Ending& ending);
/// The days that are left, rounded down; below 0: it has ended.
int days_left(const tls::Ending& ending, tls::Day now);
/// For `msggw check`: what ends soon, as sentences.
std::vector<std::string> endings_soon(const std::vector<TlsFiles>& all, tls::Day now);

}  // namespace msggw::process
